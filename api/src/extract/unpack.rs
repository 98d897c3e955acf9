//! Compressed bodies, unpacked a little at a time.
//!
//! A packet is unpacked whole before anything of it is handed on, and a kilobyte of it can be a megabyte unpacked. So packets are
//! cut first: whoever counts what comes out stops within a megabyte of the limit, however large the packets are.

use actix_web::{
    dev::{Decompress, Payload},
    error::PayloadError,
    http::header::{CONTENT_ENCODING, HeaderMap},
    web::Bytes,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use std::pin::Pin;

type Packets = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// How much is unpacked at once. The most that deflate makes of it is a thousand times as much (1032 : 1).
const PIECE: usize = 1024;

/// A body as it was before it was compressed.
pub(super) fn unpacked(headers: &HeaderMap, payload: Payload) -> Decompress<Payload> {
    if !headers.contains_key(CONTENT_ENCODING) {
        return Decompress::from_headers(payload, headers);
    }
    let payload: Packets = Box::pin(cut(payload));
    Decompress::from_headers(Payload::Stream { payload }, headers)
}

fn cut<S: Stream<Item = Result<Bytes, PayloadError>>>(packets: S) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    packets.map_ok(|packet| stream::iter(pieces(packet)).map(Ok)).try_flatten()
}

fn pieces(mut packet: Bytes) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(packet.len().div_ceil(PIECE));
    while packet.len() > PIECE {
        pieces.push(packet.split_to(PIECE));
    }
    pieces.push(packet);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packet(packed: Vec<u8>) -> Payload {
        Payload::Stream { payload: Box::pin(stream::iter([Ok(Bytes::from(packed))])) }
    }

    #[actix_web::test]
    async fn what_is_handed_on_at_once_is_bounded_however_large_the_packet_is() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let body = vec![b'x'; 64 << 20];
        encoder.write_all(&body).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(packed.len() > 60_000);
        let mut unpacked = unpacked(&headers, packet(packed));
        let (mut whole, mut largest) = (0, 0);
        while let Some(chunk) = unpacked.next().await {
            let length = chunk.unwrap().len();
            (whole, largest) = (whole + length, largest.max(length));
        }
        assert_eq!(whole, body.len());
        assert!(largest <= 2 << 20, "{largest} bytes at once");
    }

    #[test]
    fn a_packet_is_cut_without_loss() {
        for length in [0, 1, PIECE, PIECE + 1, 5 * PIECE + 7] {
            let packet: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let cut: Vec<Bytes> = pieces(Bytes::from(packet.clone()));
            assert!(cut.iter().all(|piece| piece.len() <= PIECE));
            assert_eq!(cut.concat(), packet);
        }
    }
}

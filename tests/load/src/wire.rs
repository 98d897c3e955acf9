//! A small HTTP client: one kept connection, requests made beforehand, so that the measuring side costs little of the machine
//! that it measures.

use crate::Outcome;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The answer, if it is a success.
    pub(crate) fn expect_ok(&self) -> Outcome<()> {
        if self.status == 200 {
            return Ok(());
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(format!("HTTP {}: {}", self.status, body.chars().take(400).collect::<String>()).into())
    }
}

/// A connection that stays open.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    answer: Answer,
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, token: &str, body: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n");
    if let Some((media, body)) = body {
        head.push_str(&format!("content-type: {media}\r\ncontent-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body.map_or(&[][..], |(_, body)| body)].concat()
}

impl Connection {
    pub(crate) fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(1 << 16, stream), line: String::new(), answer: Answer::default() })
    }

    /// Sends a request and reads the whole answer, which stays until the next one.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Outcome<&Answer> {
        self.stream.get_mut().write_all(request)?;
        self.read_line()?;
        self.answer.status = self.line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no status line")?;
        let mut length = None;
        loop {
            self.read_line()?;
            if self.line.is_empty() {
                break;
            }
            if let Some((name, value)) = self.line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        self.answer.body.resize(length.ok_or("an answer without content-length")?, 0);
        self.stream.read_exact(&mut self.answer.body)?;
        Ok(&self.answer)
    }

    fn read_line(&mut self) -> Outcome<()> {
        self.line.clear();
        if self.stream.read_line(&mut self.line)? == 0 {
            return Err("the service closed the connection".into());
        }
        self.line.truncate(self.line.trim_end().len());
        Ok(())
    }
}

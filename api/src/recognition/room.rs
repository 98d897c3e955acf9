//! How many files come in and go out at once. Each is held whole in memory, several times over, from its first byte until it is sealed, or
//! until its last byte is sent: so many of them take some hundreds of megabytes at worst, and whoever comes beyond that is sent away before
//! anything is read. Of one caller only a few are under way at once, and none for longer than some minutes, so that nobody fills a room by
//! sending, or reading, slowly.

use crate::{
    auth::Attempt,
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::{BodySize, MessageBody},
    dev::Payload,
    rt::task::JoinHandle,
    web::{Bytes, Data},
};
use std::{
    collections::HashMap,
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// How many, in one process, in each direction.
const AT_ONCE: usize = 32;

/// How many of them of one caller come in.
const IN_OF_ONE: usize = 2;

/// How many of them of one caller go out: whoever decides looks at several.
const OUT_OF_ONE: usize = 4;

/// How long to stay away, in seconds.
const AWAY: &str = "2";

/// How long a reader may take for a file: as long as a sender may. A connection that takes nothing asks for no piece either, so that a
/// clock beside it has to end it.
const TO_READ: Duration = Duration::from_secs(300);

/// How much of a file is handed to the connection at once: what it holds unsent when the place is free again.
const A_PIECE: usize = 64 * 1024;

/// Room for files, one for the whole process.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    coming: Room,
    going: Room,
}

/// Who has how many under way in one direction.
#[derive(Clone, Debug, Default)]
struct Room(Arc<Mutex<HashMap<String, usize>>>);

impl Room {
    /// A place for one more of a caller.
    ///
    /// # Errors
    /// `busy`, where as many of the caller, or of all together, are under way as may.
    fn place(&self, caller: &str, of_one: usize) -> Result<Place, Problem> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (under_way.values().sum::<usize>(), under_way.get(caller).copied().unwrap_or_default());
        if all >= AT_ONCE || own >= of_one {
            return Err(Problem::new(Kind::Busy).header("retry-after", AWAY));
        }
        under_way.insert(caller.to_owned(), own + 1);
        Ok(Place { room: self.clone(), caller: caller.to_owned() })
    }
}

/// A place for one file, until it is dropped.
#[derive(Debug)]
struct Place {
    room: Room,
    caller: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.room.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = under_way.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                under_way.remove(&self.caller);
            }
        }
    }
}

/// A place for a file that comes in; an argument of handlers, behind the permit and before the body.
#[derive(Debug)]
pub(super) struct Upload(#[expect(dead_code, reason = "held until it is dropped")] Place);

/// A place for a file that goes out; an argument of handlers, behind the permit. Whoever reads and opens the file holds it as well: that goes
/// on where the caller has gone meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Download(Arc<Place>);

impl Download {
    /// The body of an answer, which keeps the place until its last piece is with the connection, or the reader has taken too long.
    pub(super) fn sent(self, body: impl Into<Bytes>) -> Sent {
        self.sent_within(body, TO_READ)
    }

    fn sent_within(self, body: impl Into<Bytes>, time: Duration) -> Sent {
        let body = body.into();
        let size = body.len() as u64;
        let left = Arc::new(Mutex::new(Some((body, self.0))));
        let late = Arc::clone(&left);
        let clock = actix_web::rt::spawn(async move {
            actix_web::rt::time::sleep(time).await;
            drop(held(&late).take());
        });
        Sent { size, left, clock }
    }
}

/// What is left of a file, with its place; nothing once the reader has taken too long.
type Left = Mutex<Option<(Bytes, Arc<Place>)>>;

fn held(left: &Left) -> MutexGuard<'_, Option<(Bytes, Arc<Place>)>> {
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body with its place.
#[derive(Debug)]
pub(super) struct Sent {
    size: u64,
    left: Arc<Left>,
    clock: JoinHandle<()>,
}

impl MessageBody for Sent {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let mut left = held(&self.left);
        let Some((bytes, _)) = left.as_mut() else { return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into()))) };
        let piece = bytes.len().min(A_PIECE);
        Poll::Ready((piece > 0).then(|| Ok(bytes.split_to(piece))))
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.clock.abort();
        drop(held(&self.left).take());
    }
}

fn place(request: &HttpRequest, room: fn(&Rooms) -> &Room, of_one: usize) -> Ready<Result<Place, Problem>> {
    let state = request.app_data::<Data<AppState>>();
    let attempt = request.extensions().get::<Attempt>().cloned();
    ready(match (state, attempt) {
        (Some(state), Some(attempt)) => room(&state.rooms).place(&attempt.author.signature, of_one),
        _ => Err(Problem::internal("a file without a permit")),
    })
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(place(request, |rooms| &rooms.coming, IN_OF_ONE).into_inner().map(Self))
    }
}

impl FromRequest for Download {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(place(request, |rooms| &rooms.going, OUT_OF_ONE).into_inner().map(|place| Self(Arc::new(place))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn of_one_caller_a_few_files_are_under_way_and_of_all_as_many_as_memory_bears() {
        for of_one in [IN_OF_ONE, OUT_OF_ONE] {
            let room = Room::default();
            let busy = |caller: &str| room.place(caller, of_one).unwrap_err().kind() == Kind::Busy;
            let own: Vec<Place> = (0..of_one).map(|_| room.place("learner:a", of_one).unwrap()).collect();
            assert!(busy("learner:a"));
            let others: Vec<Place> =
                (of_one..AT_ONCE).map(|n| room.place(&format!("learner:{n}"), of_one).unwrap()).collect();
            assert!(busy("learner:b"));
            drop(own);
            let again = room.place("learner:a", of_one).unwrap();
            drop((others, again));
            assert!(room.0.lock().unwrap().is_empty());
        }
    }

    #[actix_web::test]
    async fn a_file_that_goes_out_keeps_its_place_until_it_is_with_the_connection() {
        let room = Room::default();
        let whole: Vec<u8> = (0..2 * A_PIECE + 1).map(|at| (at % 251) as u8).collect();
        let mut body = Download(Arc::new(room.place("officer:li", 1).unwrap())).sent(whole.clone());
        assert!(matches!(body.size(), BodySize::Sized(size) if size == whole.len() as u64));
        let mut context = Context::from_waker(Waker::noop());
        let mut sent = Vec::new();
        while let Poll::Ready(Some(Ok(piece))) = Pin::new(&mut body).poll_next(&mut context) {
            assert!(piece.len() <= A_PIECE, "no more than a piece is unsent when the place is free");
            sent.extend_from_slice(&piece);
            assert!(room.place("officer:li", 1).is_err(), "it is still under way");
        }
        assert_eq!(sent, whole);
        drop(body);
        assert!(room.place("officer:li", 1).is_ok());
    }

    #[actix_web::test]
    async fn a_file_that_is_read_and_opened_keeps_its_place_though_its_caller_has_gone() {
        let room = Room::default();
        let download = Download(Arc::new(room.place("officer:li", 1).unwrap()));
        let reading = download.clone();
        drop(download);
        assert!(room.place("officer:li", 1).is_err(), "it is still read");
        drop(reading);
        assert!(room.place("officer:li", 1).is_ok());
    }

    #[actix_web::test]
    async fn whoever_reads_nothing_for_too_long_loses_the_place_and_the_rest() {
        let room = Room::default();
        let mut body =
            Download(Arc::new(room.place("officer:li", 1).unwrap())).sent_within(vec![7; 2 * A_PIECE], Duration::ZERO);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100_000 {
            if room.place("officer:li", 1).is_ok() {
                break;
            }
            actix_web::rt::task::yield_now().await;
        }
        assert!(room.place("officer:li", 1).is_ok());
        let next = Pin::new(&mut body).poll_next(&mut context);
        assert!(matches!(next, Poll::Ready(Some(Err(error))) if error.kind() == io::ErrorKind::TimedOut));
    }
}

//! The lane of pushes: so many are decided at once in this process, so many of each platform wait, and platforms take turns.
//!
//! A push holds a place while a transaction of it runs, never while its lines are still coming. Of each platform one push stands
//! at the door at a time, and the door is a fair semaphore: whoever gets a place makes room at the door for the next of its own
//! platform, behind those of the others. So a platform that sends much waits for itself, and where it is alone it has the whole
//! lane. Readers never pass here; on PostgreSQL the lane leaves connections to them (`settings/`).

use crate::{
    auth::Attempt,
    metrics::{InFlight, Metrics},
    problem::{Kind, Problem},
    state::{AppState, Width},
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The lane. One for the whole process.
#[derive(Debug)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    /// Platforms of which something waits, by signature, so as many at most as there are platforms.
    queues: Mutex<HashMap<String, Queue>>,
    waiting: usize,
}

#[derive(Debug)]
struct Queue {
    door: Arc<Semaphore>,
    length: usize,
}

/// A place in the lane, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "given back when dropped")] (OwnedSemaphorePermit, InFlight));

impl Lane {
    pub(crate) fn new(width: Width) -> Self {
        Self { places: Arc::new(Semaphore::new(width.at_work)), queues: Mutex::default(), waiting: width.waiting }
    }

    /// A place, once it is this platform's turn.
    ///
    /// # Errors
    /// `busy` at once, where as much of the platform waits as may.
    pub(super) async fn enter(&self, platform: &str, metrics: &Metrics) -> Result<Place, Problem> {
        let waits = self.queue(platform).ok_or_else(|| full(metrics))?;
        let tally = metrics.push_waits();
        let gone = |_: AcquireError| Problem::unavailable("the lane of pushes is closed");
        let at_the_door = waits.door.acquire().await.map_err(gone)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(gone)?;
        drop((at_the_door, tally));
        Ok(Place((place, metrics.push_works())))
    }

    /// Whether one more push of a platform could wait.
    fn admits(&self, platform: &str) -> bool {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get(platform).is_none_or(|queue| queue.length < self.waiting)
    }

    fn queue(&self, platform: &str) -> Option<Waits<'_>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Queue { door: Arc::new(Semaphore::new(1)), length: 0 };
        let queue = queues.entry(platform.to_owned()).or_insert_with(new);
        if queue.length >= self.waiting {
            return None;
        }
        queue.length += 1;
        Some(Waits { lane: self, platform: platform.to_owned(), door: Arc::clone(&queue.door) })
    }
}

/// One that waits; counted until it has its place, or its caller is gone.
struct Waits<'l> {
    lane: &'l Lane,
    platform: String,
    door: Arc<Semaphore>,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut queues = self.lane.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&self.platform) {
            queue.length -= 1;
            if queue.length == 0 {
                queues.remove(&self.platform);
            }
        }
    }
}

/// How long to stay away from a full lane, in seconds: some transactions of a thousand items.
const AWAY: &str = "2";

fn full(metrics: &Metrics) -> Problem {
    metrics.push_refused();
    Problem::new(Kind::Busy).header("retry-after", AWAY)
}

/// An argument of handlers, behind the permit: refuses a push on its head alone where the lane is full, so that nothing of its
/// body is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted;

impl FromRequest for Admitted {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let attempt = request.extensions().get::<Attempt>().cloned();
        // Whom the permit refuses is refused by the permit.
        ready(match (state, attempt) {
            (Some(state), Some(attempt)) if !state.lane.admits(&attempt.author.signature) => Err(full(&state.metrics)),
            _ => Ok(Self),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;

    const A: &str = "platform:a";
    const B: &str = "platform:b";

    fn lane(at_work: usize, waiting: usize) -> (Lane, Metrics) {
        (Lane::new(Width { at_work, waiting }), Metrics::new().unwrap())
    }

    #[actix_web::test]
    async fn platforms_take_turns_and_each_is_served_in_its_own_order() {
        let (lane, metrics) = lane(1, 9);
        let first = lane.enter(A, &metrics).await.unwrap();
        let mut all = Vec::new();
        for (name, platform) in [("a1", A), ("a2", A), ("a3", A), ("b1", B), ("b2", B)] {
            let mut waits = Box::pin(lane.enter(platform, &metrics));
            assert!(waits.as_mut().now_or_never().is_none());
            all.push((name, waits));
        }
        let (mut served, mut at_work) = (Vec::new(), Some(first));
        while !all.is_empty() {
            drop(at_work.take());
            let mut next = None;
            for (index, (_, waits)) in all.iter_mut().enumerate() {
                if let Some(place) = waits.as_mut().now_or_never() {
                    assert!(next.is_none(), "two at once in a lane of one");
                    (next, at_work) = (Some(index), Some(place.unwrap()));
                }
            }
            served.push(all.remove(next.unwrap()).0);
        }
        assert_eq!(served, ["a1", "b1", "a2", "b2", "a3"]);
        drop(at_work);
        assert!(lane.queues.lock().unwrap().is_empty());
    }

    #[actix_web::test]
    async fn a_platform_alone_has_the_whole_lane_and_past_it_and_its_queue_is_refused() {
        let (lane, metrics) = lane(2, 1);
        let places = [lane.enter(A, &metrics).await.unwrap(), lane.enter(A, &metrics).await.unwrap()];
        {
            let mut third = pin!(lane.enter(A, &metrics));
            assert!(third.as_mut().now_or_never().is_none());
            assert!(!lane.admits(A) && lane.admits(B));
            let refused = lane.enter(A, &metrics).now_or_never().unwrap().unwrap_err();
            assert_eq!(refused.kind(), Kind::Busy);
            let mut other = pin!(lane.enter(B, &metrics));
            assert!(other.as_mut().now_or_never().is_none());
        }
        // Whoever goes away while waiting leaves nothing behind.
        assert!(lane.admits(A) && lane.queues.lock().unwrap().is_empty());
        drop(places);
        assert_eq!(lane.places.available_permits(), 2);
    }
}

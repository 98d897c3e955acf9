//! The lane of what is written in bulk, pushes above all: so many transactions run at once in this process, so many requests of
//! each caller are under way, and callers take turns.
//!
//! A request takes a [`Ticket`] on its head, and where its caller has as many as may be, it is refused before anything of its body
//! is read. By its ticket it takes a [`Place`] for each of its transactions, and holds none while its lines are still coming. Of
//! each caller one stands at the door at a time, and the door is a fair semaphore: whoever gets a place makes room at the door for
//! the next of the same caller, behind those of the others. So a platform that sends much waits for itself, and where it is alone
//! it has the whole lane. Readers never pass here; on PostgreSQL the lane leaves connections to them (`settings/`).

use crate::{
    auth::Attempt,
    metrics::{InFlight, Metrics},
    problem::{Kind, Problem},
    state::{AppState, Width},
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, rt::time::timeout, web::Data};
use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lane. One for the whole process.
#[derive(Debug)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    /// Callers of whom something is under way, by signature.
    callers: Mutex<HashMap<String, UnderWay>>,
    width: Width,
    metrics: Metrics,
}

#[derive(Debug)]
struct UnderWay {
    door: Arc<Semaphore>,
    tickets: usize,
}

/// Leave to send a body and to wait for places; an argument of handlers, behind the permit.
#[derive(Debug)]
pub(crate) struct Ticket {
    lane: Arc<Lane>,
    caller: String,
    door: Arc<Semaphore>,
}

/// A place in the lane, until its last clone is dropped. One goes into the transaction, which may outlast its request.
#[derive(Clone, Debug)]
pub(crate) struct Place(#[expect(dead_code, reason = "given back when dropped")] Arc<(OwnedSemaphorePermit, InFlight)>);

impl Lane {
    pub(crate) fn new(width: Width, metrics: Metrics) -> Self {
        Self { places: Arc::new(Semaphore::new(width.at_work)), callers: Mutex::default(), width, metrics }
    }

    /// A ticket for a caller, who may have one for each place and some more.
    ///
    /// # Errors
    /// `busy`, where as much of the caller is under way as may be.
    fn ticket(self: &Arc<Self>, caller: &str) -> Result<Ticket, Problem> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || UnderWay { door: Arc::new(Semaphore::new(1)), tickets: 0 };
        let under_way = callers.entry(caller.to_owned()).or_insert_with(new);
        if under_way.tickets >= self.width.at_work.saturating_add(self.width.waiting) {
            return Err(self.busy());
        }
        under_way.tickets += 1;
        Ok(Ticket { lane: Arc::clone(self), caller: caller.to_owned(), door: Arc::clone(&under_way.door) })
    }

    fn busy(&self) -> Problem {
        self.metrics.push_refused();
        Problem::new(Kind::Busy).header("retry-after", AWAY)
    }
}

/// How long to stay away from a full lane, in seconds: some transactions of a thousand items.
const AWAY: &str = "2";

impl Ticket {
    /// A place, once it is this caller's turn.
    ///
    /// # Errors
    /// `busy`, where no turn comes in time.
    pub(crate) async fn enter(&self) -> Result<Place, Problem> {
        let lane = &self.lane;
        let _waits = lane.metrics.push_waits();
        let turn = async {
            let _at_the_door = self.door.acquire().await?;
            Arc::clone(&lane.places).acquire_owned().await
        };
        match timeout(lane.width.patience, turn).await {
            Ok(Ok(place)) => Ok(Place(Arc::new((place, lane.metrics.push_works())))),
            Ok(Err(_)) => Err(Problem::unavailable("the lane is closed")),
            Err(_) => Err(lane.busy()),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut callers = self.lane.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = callers.get_mut(&self.caller) {
            under_way.tickets -= 1;
            if under_way.tickets == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

impl FromRequest for Ticket {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let attempt = request.extensions().get::<Attempt>().cloned();
        ready(match (state, attempt) {
            (Some(state), Some(attempt)) => state.lane.ticket(&attempt.author.signature),
            // Whom the permit refuses is refused by the permit, which stands before.
            _ => Err(Problem::internal("a ticket without a permit")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::{pin::pin, time::Duration};

    const A: &str = "platform:a";
    const B: &str = "platform:b";

    fn lane(at_work: usize, waiting: usize) -> Arc<Lane> {
        let width = Width { at_work, waiting, patience: Duration::from_millis(200) };
        Arc::new(Lane::new(width, Metrics::new().unwrap()))
    }

    #[actix_web::test]
    async fn callers_take_turns_and_each_is_served_in_its_own_order() {
        let lane = lane(1, 9);
        let sent = [("a0", A), ("a1", A), ("a2", A), ("a3", A), ("b1", B), ("b2", B)];
        let tickets = sent.map(|(name, caller)| (name, lane.ticket(caller).unwrap()));
        let [(_, first), rest @ ..] = &tickets;
        let first = first.enter().await.unwrap();
        let mut all = Vec::new();
        for (name, ticket) in rest {
            let mut waits = Box::pin(ticket.enter());
            assert!(waits.as_mut().now_or_never().is_none());
            all.push((*name, waits));
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
        drop((at_work, all));
        drop(tickets);
        assert!(lane.callers.lock().unwrap().is_empty());
    }

    #[actix_web::test]
    async fn a_caller_alone_has_the_whole_lane_and_past_it_and_its_queue_gets_no_ticket() {
        let lane = lane(2, 1);
        let tickets = [A, A, A].map(|caller| lane.ticket(caller).unwrap());
        let places = [tickets[0].enter().await.unwrap(), tickets[1].enter().await.unwrap()];
        {
            let mut third = pin!(tickets[2].enter());
            assert!(third.as_mut().now_or_never().is_none());
            assert_eq!(lane.ticket(A).unwrap_err().kind(), Kind::Busy);
            let other = lane.ticket(B).unwrap();
            let mut other = pin!(other.enter());
            assert!(other.as_mut().now_or_never().is_none());
        }
        // Whoever goes away while waiting leaves nothing behind.
        drop(tickets);
        assert!(lane.ticket(A).is_ok() && lane.callers.lock().unwrap().is_empty());
        drop(places);
        assert_eq!(lane.places.available_permits(), 2);
    }

    #[actix_web::test]
    async fn a_turn_that_does_not_come_in_time_is_a_refusal_and_a_place_is_held_by_whoever_has_it_last() {
        let lane = lane(1, 2);
        let (ticket, other) = (lane.ticket(A).unwrap(), lane.ticket(B).unwrap());
        let place = ticket.enter().await.unwrap();
        let in_the_transaction = place.clone();
        drop((place, ticket));
        assert_eq!(other.enter().await.unwrap_err().kind(), Kind::Busy);
        drop(in_the_transaction);
        assert!(other.enter().await.is_ok());
    }
}

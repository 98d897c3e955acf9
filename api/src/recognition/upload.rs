//! How many files come in at once. Each is held whole in memory from its first byte until it is sealed, several times over: so many of them
//! take some hundreds of megabytes at worst, and whoever comes beyond that is sent away before anything of the body is read. Of one caller
//! only a few come in at once, so that nobody fills the room by sending slowly.

use crate::{
    auth::Attempt,
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError},
};

/// How many, in one process.
const AT_ONCE: usize = 32;

/// How many of them of one caller.
const OF_ONE: usize = 2;

/// How long to stay away, in seconds.
const AWAY: &str = "2";

/// Room for files that come in. One for the whole process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<HashMap<String, usize>>>);

impl Uploads {
    /// Room for one more of a caller.
    ///
    /// # Errors
    /// `busy`, where as many of the caller, or of all together, come in as may.
    fn room(&self, caller: &str) -> Result<Upload, Problem> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (under_way.values().sum::<usize>(), under_way.get(caller).copied().unwrap_or_default());
        if all >= AT_ONCE || own >= OF_ONE {
            return Err(Problem::new(Kind::Busy).header("retry-after", AWAY));
        }
        under_way.insert(caller.to_owned(), own + 1);
        Ok(Upload { uploads: self.clone(), caller: caller.to_owned() })
    }
}

/// Room for one file, until it is dropped; an argument of handlers, behind the permit and before the body.
#[derive(Debug)]
pub(super) struct Upload {
    uploads: Uploads,
    caller: String,
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut under_way = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = under_way.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                under_way.remove(&self.caller);
            }
        }
    }
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let attempt = request.extensions().get::<Attempt>().cloned();
        ready(match (state, attempt) {
            (Some(state), Some(attempt)) => state.uploads.room(&attempt.author.signature),
            _ => Err(Problem::internal("an upload without a permit")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_caller_a_few_files_come_in_at_once_and_of_all_as_many_as_memory_bears() {
        let uploads = Uploads::default();
        let busy = |caller: &str| uploads.room(caller).unwrap_err().kind() == Kind::Busy;
        let own: Vec<Upload> = (0..OF_ONE).map(|_| uploads.room("learner:a").unwrap()).collect();
        assert!(busy("learner:a"));
        let others: Vec<Upload> = (OF_ONE..AT_ONCE).map(|n| uploads.room(&format!("learner:{n}")).unwrap()).collect();
        assert!(busy("learner:b"));
        drop(own);
        let again = uploads.room("learner:a").unwrap();
        drop((others, again));
        assert!(uploads.0.lock().unwrap().is_empty());
    }
}

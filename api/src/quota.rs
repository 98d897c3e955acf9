//! How much one caller may ask of this process in a minute, measured by what it costs, and what each operation costs.
//!
//! Spent at the edge, on the head of a request alone: over the quota nothing of the body is read, and the database is not asked
//! whether there is such a learner either. A caller is whoever the token speaks for; who has none that holds is known by the address
//! that the connection comes from.
//! What callers may have in all is the database's to bear, and what pushes may take of it the lane's (`completions/lane.rs`).

mod daily;

use crate::{
    clock::Clock,
    extract::wants_lines,
    openapi::Contract,
    problem::{Kind, Problem},
    text::Text,
};
use actix_web::{HttpRequest, http::Method, web::Data};
use daily::Daily;
use domain::registry::UsedUp;
use governor::{Quota, RateLimiter, clock, middleware::NoOpMiddleware, state::keyed::DefaultKeyedStateStore};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Every caller's quota. One for the whole process.
#[derive(Debug)]
pub(crate) struct Quotas {
    limit: Option<Limit>,
    asked: AtomicU64,
    /// How many document numbers a caller may ask about in vain.
    tried: Option<Daily>,
    /// How often a caller may search by a name.
    searched: Option<Daily>,
}

#[derive(Debug)]
struct Limit {
    a_minute: NonZeroU32,
    spent: RateLimiter<String, DefaultKeyedStateStore<String>, Clock, NoOpMiddleware<Duration>>,
}

impl clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.steady()
    }
}

/// What the head of a request costs at most, where its body costs something too.
const HEAD: u32 = 2;

/// After so many requests those callers are forgotten who have their whole quota again. So no more are remembered than this and
/// those who asked within the last minute.
const SWEEP: u64 = 4096;

impl Quotas {
    /// So many units a minute for each caller, all of which may be spent at once; nobody is limited by 0.
    pub(crate) fn new(units_a_minute: u32, clock: Clock) -> Self {
        let limit = |a_minute| Limit {
            a_minute,
            spent: RateLimiter::new(Quota::per_minute(a_minute), DefaultKeyedStateStore::default(), clock),
        };
        Self {
            limit: NonZeroU32::new(units_a_minute).map(limit),
            asked: AtomicU64::new(0),
            tried: None,
            searched: None,
        }
    }

    /// So many document numbers a day may each caller ask about in vain; nobody is limited by 0.
    pub(crate) fn trying(self, a_day: u32, clock: Clock) -> Self {
        Self { tried: Daily::of(a_day, clock), ..self }
    }

    /// So often a day may each caller search by a name; nobody is limited by 0.
    pub(crate) fn searching(self, a_day: u32, clock: Clock) -> Self {
        Self { searched: Daily::of(a_day, clock), ..self }
    }

    /// Takes a search by a name, whatever it finds: names are masked to whoever searches, and who may search without end reads them all,
    /// character by character.
    ///
    /// # Errors
    /// `daily_limit`, which is a refused attempt, and then nothing is searched.
    pub(crate) fn searched(&self, who: &str) -> Result<(), Problem> {
        let refused = |used_up| {
            let words = Text::new(
                "今日按姓名查找次数已用完；有证件号码的请按证件查找",
                "no more searches by name today: look up by document who has one at hand",
            );
            over(Kind::DailyLimit, used_up).detail(words).with("limit", used_up.times)
        };
        self.searched.as_ref().map_or(Ok(()), |searched| searched.take(who, 1).map_err(refused))
    }

    /// Whether a caller may ask about anybody by a document number today.
    ///
    /// # Errors
    /// As [`Self::tried`].
    pub(crate) fn may_try(&self, who: &str) -> Result<(), Problem> {
        self.tried(who, 0)
    }

    /// Takes the document numbers that a caller asked about in vain: whoever may not see numbers whole must not find them by trying all that
    /// a mask leaves open. Asked as well where there were none: once all are spent no question by a number is answered until the day is over,
    /// whether there is such a person or not, else the refusal would be the answer.
    ///
    /// # Errors
    /// `daily_limit`, which is a refused attempt, and then nothing of the answer is told.
    pub(crate) fn tried(&self, who: &str, in_vain: usize) -> Result<(), Problem> {
        let refused = |used_up| {
            let words = Text::new(
                "今日查询的证件号码中查无此人的过多，明日零时前不再按证件号码作答；请核对名单，尚未登记的人员请先登记",
                "too many document numbers of nobody known today: until midnight in China no question by a number is answered; compare the list, and register first who is not",
            );
            over(Kind::DailyLimit, used_up).detail(words).with("unknown_documents_a_day", used_up.times)
        };
        self.tried.as_ref().map_or(Ok(()), |tried| tried.take(who, in_vain).map_err(refused))
    }

    /// Takes what something costs from a caller's quota; what costs more than a whole one takes a whole one.
    ///
    /// # Errors
    /// `too_many_requests`, with the moment from which the quota covers it.
    pub(crate) fn spend(&self, who: &String, units: u32) -> Result<(), Problem> {
        self.take(who, units, 0)
    }

    /// Takes what a body costs whose head has been paid for: what costs more than a whole quota takes all that the head has left of it,
    /// so that a minute's rest is always enough.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub(crate) fn spend_on_body(&self, who: &String, units: u32) -> Result<(), Problem> {
        self.take(who, units, HEAD)
    }

    fn take(&self, who: &String, units: u32, paid: u32) -> Result<(), Problem> {
        let (Some(Limit { a_minute, spent }), Some(units)) = (&self.limit, NonZeroU32::new(units)) else {
            return Ok(());
        };
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            spent.retain_recent();
            spent.shrink_to_fit();
        }
        let most = NonZeroU32::new(a_minute.get().saturating_sub(paid)).unwrap_or(NonZeroU32::MIN);
        let wait = match spent.check_key_n(who, units.min(most)) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(later)) => later.wait_time_from(clock::Clock::now(spent.clock())),
            Err(_) => Duration::from_secs(60),
        };
        let seconds = wait.as_secs() + 1;
        let problem = Problem::new(Kind::TooManyRequests).header("retry-after", &seconds.to_string());
        Err(problem.with("units_a_minute", a_minute).with("units", units))
    }
}

/// The refusal of what is spent for today.
fn over(kind: Kind, used_up: UsedUp) -> Problem {
    let wait = (used_up.until_tomorrow.whole_seconds() + 1).to_string();
    Problem::new(kind).header("retry-after", &wait)
}

/// By what name the quota of whoever shows no token that holds is kept.
pub(crate) fn address(peer: Option<IpAddr>) -> String {
    match peer {
        // A household has 2^64 such addresses and could take a new one for each request.
        Some(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let network = address.to_bits() >> 64 << 64;
            format!("address:{}", Ipv6Addr::from_bits(network))
        }
        Some(address) => format!("address:{}", address.to_canonical()),
        None => "address:".to_owned(),
    }
}

/// What costs no address anything: probes, which must be answered while others ask too much and ask the database once a second, and
/// tokens, which everyone behind one proxy asks for from one address: a client pays for them once it has proved to be one.
const FREE: [&str; 4] = ["get_health", "get_readiness", "get_metrics", "issue_token"];

/// What registers up to a thousand at once, or lines of them.
const BULK: [&str; 4] = ["keep_learners", "keep_courses", "add_roll_items", "validate_roll_items"];

/// What is a question, although it comes with a body. It pays for the people it asks about, or the rows it wants, once they are
/// known.
const QUESTIONS: [&str; 6] = [
    "ask_what_if",
    "check_eligibility",
    "query_standings",
    "look_up_learner",
    "search_learners",
    "validate_reassessment",
];

/// What lists the years of one person, all at once: a read like any other of that person.
const OF_ONE: [&str; 2] = ["list_consequences", "list_standings"];

/// How many rows or people cost a unit.
const A_UNIT: u32 = 10;

/// What an operation costs before its body is known: a read 1, a write 2; a page of a list 1 more for each ten rows it may have,
/// and all of a list as lines like a hundred pages' worth; registering in bulk 50.
pub(crate) fn cost(request: &HttpRequest) -> u32 {
    let operation = request.app_data::<Data<Contract>>().and_then(|contract| contract.operation(request));
    let reads = request.method() == Method::GET;
    match operation {
        Some(free) if FREE.contains(&free) => 0,
        Some(bulk) if BULK.contains(&bulk) => 50,
        Some(question) if QUESTIONS.contains(&question) => 1,
        Some(list) if list.starts_with("list_") && !OF_ONE.contains(&list) => {
            if wants_lines(request) {
                100
            } else {
                1 + rows(request.query_string()) / A_UNIT
            }
        }
        _ if reads => 1,
        _ => 2,
    }
}

/// What a question about so many people, or for so many rows, costs besides.
pub(crate) fn many(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX) / A_UNIT
}

/// Whether nobody's quota pays for an operation.
pub(crate) fn is_free(operation: &str) -> bool {
    FREE.contains(&operation)
}

/// The rows a page may have. What is no number is refused later, and costs what it costs to refuse.
fn rows(query: &str) -> u32 {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    match pairs.find(|(name, _)| name == "limit") {
        Some((_, limit)) => limit.parse().map_or(0, |rows: u32| rows.min(200)),
        None => 50,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::{document, operations};
    use std::collections::BTreeSet;
    use utoipa::openapi::RefOr;

    #[test]
    fn a_quota_is_one_callers_own_and_what_costs_more_than_all_of_it_is_possible() {
        let clock = Clock::fixed(time::OffsetDateTime::UNIX_EPOCH);
        let (quotas, li, wang) = (Quotas::new(10, clock.clone()), "officer:li".to_owned(), "officer:wang".to_owned());
        assert!((0..10).all(|_| quotas.spend(&li, 1).is_ok()));
        assert_eq!(quotas.spend(&li, 1).unwrap_err().kind(), Kind::TooManyRequests);
        quotas.spend(&wang, 1000).unwrap();
        assert!(quotas.spend(&wang, 1).is_err());
        let platform = "platform:p".to_owned();
        quotas.spend(&platform, HEAD).unwrap();
        quotas.spend_on_body(&platform, 1000).unwrap();
        assert!(quotas.spend(&platform, 1).is_err());
        clock.set(clock.now() + time::Duration::seconds(6));
        quotas.spend(&li, 1).unwrap();
        assert!(quotas.spend(&li, 1).is_err());
        let free = Quotas::new(0, clock);
        assert!((0..10_000).all(|_| free.spend(&li, 1000).is_ok()));
    }

    #[test]
    fn callers_who_come_once_are_forgotten() {
        let quotas = Quotas::new(60_000_000, Clock::System);
        (0..3 * SWEEP).for_each(|one| quotas.spend(&one.to_string(), 1).unwrap());
        let remembered = quotas.limit.as_ref().unwrap().spent.len();
        assert!(remembered as u64 <= SWEEP, "{remembered}");
    }

    #[test]
    fn addresses_of_one_network_are_one_caller() {
        let named = |text: &str| address(text.parse().ok());
        assert_eq!(named("2001:db8:1:2:3::4"), named("2001:db8:1:2:ffff::1"));
        assert_ne!(named("2001:db8:1:2::1"), named("2001:db8:1:3::1"));
        assert_eq!(named("::ffff:192.0.2.1"), named("192.0.2.1"));
        assert_ne!(named("192.0.2.1"), named("192.0.2.2"));
    }

    #[test]
    fn a_page_costs_by_its_rows() {
        assert_eq!([rows(""), rows("limit=200"), rows("limit=4000000000"), rows("a=b&limit=x")], [50, 200, 200, 0]);
    }

    #[test]
    fn every_operation_named_here_exists() {
        let document = document();
        for name in FREE.iter().chain(&BULK).chain(&QUESTIONS).chain(&OF_ONE) {
            assert!(operations(&document).any(|(.., one)| one.operation_id.as_deref() == Some(name)), "{name}");
        }
    }

    #[test]
    fn a_list_without_pages_costs_as_one_read() {
        let document = document();
        let whole = operations(&document).filter_map(|(.., one)| {
            let paged = one.parameters.iter().flatten().any(|one| matches!(one, RefOr::T(one) if one.name == "limit"));
            let name = one.operation_id.as_deref()?;
            (name.starts_with("list_") && !paged).then_some(name)
        });
        assert_eq!(whole.collect::<BTreeSet<_>>(), BTreeSet::from(OF_ONE));
    }
}

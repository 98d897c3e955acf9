//! Seals, what they cover, and the removal of what is over.

use super::events::EventRow;
use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all},
    db::on_db,
    policy::touch_revision,
    schema::{audit_event, audit_member, audit_seal, audit_unsealed},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    audit::{Act, Event, Fingerprint, Found, Member, Seal},
    kernel::EventId,
};
use time::OffsetDateTime;

/// The revision whose row sealers hold, so that one waits for the other.
const SEALS: &str = "audit_seal";

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_seal)]
struct SealRow {
    number: i64,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    sealed_at: OffsetDateTime,
    members: i64,
    members_fingerprint: Vec<u8>,
    of_reads: bool,
    emptied_through: i64,
    reads_emptied_through: i64,
    previous: Vec<u8>,
    fingerprint: Vec<u8>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_member)]
struct MemberRow {
    event_id: Uid,
    seal_number: i64,
    fingerprint: Vec<u8>,
}

impl From<&Seal> for SealRow {
    fn from(seal: &Seal) -> Self {
        Self {
            number: seal.number,
            sealed_at: seal.sealed_at,
            members: seal.members,
            members_fingerprint: seal.members_fingerprint.as_bytes().to_vec(),
            of_reads: seal.of_reads,
            emptied_through: seal.emptied_through,
            reads_emptied_through: seal.reads_emptied_through,
            previous: seal.previous.as_bytes().to_vec(),
            fingerprint: seal.fingerprint.as_bytes().to_vec(),
        }
    }
}

impl From<SealRow> for Seal {
    fn from(row: SealRow) -> Self {
        Self {
            number: row.number,
            sealed_at: row.sealed_at,
            members: row.members,
            members_fingerprint: fingerprint(&row.members_fingerprint),
            of_reads: row.of_reads,
            emptied_through: row.emptied_through,
            reads_emptied_through: row.reads_emptied_through,
            previous: fingerprint(&row.previous),
            fingerprint: fingerprint(&row.fingerprint),
        }
    }
}

/// What is no fingerprint can only have been put there past the service; it is none that fits, so that verification says so.
fn fingerprint(bytes: &[u8]) -> Fingerprint {
    Fingerprint::from_bytes(bytes).unwrap_or_else(|| Fingerprint::of(bytes))
}

/// Takes the right to add to the chain, until the transaction ends.
pub fn hold_seals(db: &mut Db) -> Result<(), StoreError> {
    touch_revision(db, SEALS)
}

/// The last seal of the chain.
pub fn last_seal(db: &mut Db) -> Result<Option<Seal>, StoreError> {
    let found: Option<SealRow> = on_db!(db, c => audit_seal::table
        .order(audit_seal::number.desc())
        .select(SealRow::as_select())
        .first(c)
        .optional())?;
    Ok(found.map(Seal::from))
}

/// One seal.
pub fn find_seal(db: &mut Db, number: i64) -> Result<Option<Seal>, StoreError> {
    let found: Option<SealRow> =
        on_db!(db, c => audit_seal::table.find(number).select(SealRow::as_select()).first(c).optional())?;
    Ok(found.map(Seal::from))
}

/// The last of the next `limit` seals of reads, or of all else, with a number above `after` that were made at or before a moment.
pub fn last_seal_before(
    db: &mut Db,
    of_reads: bool,
    (after, limit): (i64, i64),
    moment: OffsetDateTime,
) -> Result<Option<Seal>, StoreError> {
    let next: Vec<SealRow> = on_db!(db, c => audit_seal::table
        .filter(audit_seal::of_reads.eq(of_reads))
        .filter(audit_seal::number.gt(after))
        .order(audit_seal::number)
        .limit(limit)
        .select(SealRow::as_select())
        .load(c))?;
    Ok(next.into_iter().take_while(|row| row.sealed_at <= moment).last().map(Seal::from))
}

/// The seals after a number, in order.
pub fn seals_after(db: &mut Db, number: i64, limit: i64) -> Result<Vec<Seal>, StoreError> {
    let rows: Vec<SealRow> = on_db!(db, c => audit_seal::table
        .filter(audit_seal::number.gt(number))
        .order(audit_seal::number)
        .limit(limit)
        .select(SealRow::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Seal::from).collect())
}

/// Everything that is listed for a seal, with the events as they are now.
pub fn listed_in(db: &mut Db, number: i64) -> Result<Vec<Found>, StoreError> {
    let rows: Vec<(MemberRow, Option<EventRow>)> = on_db!(db, c => audit_member::table
        .left_join(audit_event::table.on(audit_event::event_id.eq(audit_member::event_id)))
        .filter(audit_member::seal_number.eq(number))
        .select((MemberRow::as_select(), Option::<EventRow>::as_select()))
        .load(c))?;
    let found = |(member, event): (MemberRow, Option<EventRow>)| Found {
        member: Member { event: member.event_id.into(), fingerprint: fingerprint(&member.fingerprint) },
        event: event.map(Event::from),
    };
    Ok(rows.into_iter().map(found).collect())
}

/// Looks at files (reads without a purpose), or all other events, that wait for their seal, in the order of their ids. One that
/// is gone is left waiting, for verification to name; one that is sealed is passed over.
pub fn unsealed_events(db: &mut Db, of_reads: bool, limit: i64) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<EventRow> = on_db!(db, c => audit_unsealed::table
        .inner_join(audit_event::table.on(audit_event::event_id.eq(audit_unsealed::event_id)))
        .left_join(audit_member::table.on(audit_member::event_id.eq(audit_unsealed::event_id)))
        .filter(audit_member::event_id.nullable().is_null())
        .filter(audit_event::act.eq(Word::from(Act::Read)).and(audit_event::purpose.is_null()).eq(of_reads))
        .order(audit_unsealed::event_id)
        .limit(limit)
        .select(EventRow::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// Events that wait for their seal and are gone, at most `limit`.
pub fn unsealed_and_gone(db: &mut Db, limit: i64) -> Result<Vec<EventId>, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => audit_unsealed::table
        .left_join(audit_event::table.on(audit_event::event_id.eq(audit_unsealed::event_id)))
        .filter(audit_event::event_id.nullable().is_null())
        .order(audit_unsealed::event_id)
        .limit(limit)
        .select(audit_unsealed::event_id)
        .load(c))?;
    Ok(ids.into_iter().map(EventId::from).collect())
}

/// Events that wait for their seal though they have one, at most `limit`: only someone past the service can have put them there.
pub fn unsealed_and_sealed(db: &mut Db, limit: i64) -> Result<Vec<EventId>, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => audit_unsealed::table
        .inner_join(audit_member::table.on(audit_member::event_id.eq(audit_unsealed::event_id)))
        .order(audit_unsealed::event_id)
        .limit(limit)
        .select(audit_unsealed::event_id)
        .load(c))?;
    Ok(ids.into_iter().map(EventId::from).collect())
}

/// Takes events from among those that wait for their seal.
pub fn no_longer_unsealed(db: &mut Db, events: &[EventId]) -> Result<(), StoreError> {
    for chunk in events.chunks(LIST) {
        let ids: Vec<Uid> = chunk.iter().map(|id| Uid::from(*id)).collect();
        on_db!(db, c => diesel::delete(audit_unsealed::table.filter(audit_unsealed::event_id.eq_any(ids))).execute(c))?;
    }
    Ok(())
}

/// When the oldest of the events happened that wait for their seal and have none.
pub fn oldest_unsealed(db: &mut Db) -> Result<Option<OffsetDateTime>, StoreError> {
    let oldest: Option<Ts> = on_db!(db, c => audit_unsealed::table
        .inner_join(audit_event::table.on(audit_event::event_id.eq(audit_unsealed::event_id)))
        .left_join(audit_member::table.on(audit_member::event_id.eq(audit_unsealed::event_id)))
        .filter(audit_member::event_id.nullable().is_null())
        .order(audit_event::happened_at)
        .select(audit_event::happened_at)
        .first(c)
        .optional())?;
    Ok(oldest.map(OffsetDateTime::from))
}

/// How many events wait for their seal.
pub fn count_unsealed(db: &mut Db) -> Result<i64, StoreError> {
    Ok(on_db!(db, c => audit_unsealed::table.count().get_result(c))?)
}

/// Adds a seal to the chain; its members wait no longer. One whose number is taken is [`StoreError::Conflict`].
pub fn insert_seal(db: &mut Db, seal: &Seal, members: &[Member]) -> Result<(), StoreError> {
    let row = SealRow::from(seal);
    on_db!(db, c => diesel::insert_into(audit_seal::table).values(row).execute(c))?;
    let rows: Vec<MemberRow> = members
        .iter()
        .map(|member| MemberRow {
            event_id: member.event.into(),
            seal_number: seal.number,
            fingerprint: member.fingerprint.as_bytes().to_vec(),
        })
        .collect();
    insert_all!(db, audit_member::table, &rows);
    no_longer_unsealed(db, &members.iter().map(|member| member.event).collect::<Vec<_>>())
}

/// Removes the events of all seals of reads, or of all else, above a number and up to another, and what is listed for them; answers how
/// many events went. The last seal must say so already, or the database refuses.
pub fn empty_seals(db: &mut Db, of_reads: bool, (after, through): (i64, i64)) -> Result<usize, StoreError> {
    let seals = || {
        let between = audit_seal::number.gt(after).and(audit_seal::number.le(through));
        audit_seal::table.filter(audit_seal::of_reads.eq(of_reads)).filter(between).select(audit_seal::number)
    };
    let listed = || audit_member::table.filter(audit_member::seal_number.eq_any(seals()));
    let removed = on_db!(db, c => diesel::delete(
        audit_event::table.filter(audit_event::event_id.eq_any(listed().select(audit_member::event_id))),
    )
    .execute(c))?;
    on_db!(db, c => diesel::delete(listed()).execute(c))?;
    Ok(removed)
}

/// Events that are neither sealed nor waiting to be, at most `limit`.
pub fn events_past_the_service(db: &mut Db, limit: i64) -> Result<Vec<EventId>, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => audit_event::table
        .left_join(audit_member::table.on(audit_member::event_id.eq(audit_event::event_id)))
        .left_join(audit_unsealed::table.on(audit_unsealed::event_id.eq(audit_event::event_id)))
        .filter(audit_member::event_id.nullable().is_null())
        .filter(audit_unsealed::event_id.nullable().is_null())
        .order(audit_event::event_id)
        .limit(limit)
        .select(audit_event::event_id)
        .load(c))?;
    Ok(ids.into_iter().map(EventId::from).collect())
}

//! The SQL types that both back ends share, and the newtypes that carry domain values through Diesel.
//!
//! One `table!` serves both back ends, so ids and instants need SQL types of their own. Row structs show domain types;
//! these newtypes appear only in their `serialize_as` and `deserialize_as`. Next: [`crate::schema`].

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{self, BigInt, Binary, SqlType, Text, Timestamptz},
    sqlite::Sqlite,
};
use domain::access::{ClientKind, KeyFetchFailure, Role};
use domain::audit::{Act, Channel};
use domain::changes::ChangeKind;
use domain::completions::Outcome;
use domain::corrections::CorrectionKind;
use domain::hour_ledger::{Basis, EntryKind};
use domain::kernel::{
    AuthorityId, BaseId, BatchId, CaseId, ChangeId, ClientId, CompletionId, CourseId, DocumentKind, EmployerId,
    EntryId, EventId, EvidenceId, FactId, GrantId, Hours, IssuerId, LearnerId, MergeId, PlaceCode, PlaceCodeError,
    PlatformId, PolicyId, ReassessmentId, SecretId, UnknownWord, VerificationBatchId, Words, WorkId,
};
use domain::policy::{
    Fulfils,
    shape::{Cause, Seat},
};
use domain::registry::{
    AuthorityKind, CodeSystem, DocumentWas, EmployerKind, EmploymentKind, Level, Mode, PlaceLevel, ProviderKind,
    Requirement, Tier,
};
use domain::review::{Action, Phase, Subject};
use domain::roll::RollKind;
use domain::verification::StepKind;
use std::fmt::Debug;
use time::OffsetDateTime;
use uuid::Uuid;

/// TIMESTAMPTZ on PostgreSQL, INTEGER microseconds since the epoch on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Instant;
impl sql_types::SqlOrd for Instant {}

/// UUID on PostgreSQL, a 16-byte BLOB on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Id;
impl sql_types::SqlOrd for Id {}

/// An instant, cut to the microseconds that both back ends keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct Ts(OffsetDateTime);

/// Any of the typed ids, bare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
pub struct Uid(Uuid);

/// Hours as the hundredths that are stored.
#[derive(Debug, Clone, Copy, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Hundredths(i64);

/// A place code as the text that is stored.
#[derive(Debug, Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct PlaceText(String);

/// A word of a closed list, kept as text. The database holds the same words in a CHECK.
#[derive(Debug, Clone, Copy, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Word<W: Words + Debug>(W);

/// A column that may be null. It exists because `Option<LearnerId>` cannot be converted from `Option<Uid>` outside both
/// their crates.
#[derive(Debug, Clone)]
pub struct Opt<T>(Option<T>);

impl ToSql<Instant, Sqlite> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(i64::try_from(self.0.unix_timestamp_nanos().div_euclid(1_000))?);
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for Ts {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Ok(Self(OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)?))
    }
}

impl ToSql<Instant, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Instant, Pg> for Ts {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <OffsetDateTime as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Id, Sqlite> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Sqlite> for Uid {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<Id, Pg> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        use std::io::Write;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Pg> for Uid {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

/// A type stored exactly as a simpler one is, on every back end.
macro_rules! stored_as {
    ($($outer:ty: $inner:ty as $sql:ty),+) => {$(
        impl<DB: Backend> ToSql<$sql, DB> for $outer
        where
            $inner: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<$sql, DB> for $outer
        where
            $inner: FromSql<$sql, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                <$inner>::from_sql(value).map(Self)
            }
        }
    )+};
}
stored_as!(Hundredths: i64 as BigInt, PlaceText: String as Text);

/// The way between a domain type and the newtype it is stored by, required or optional.
macro_rules! carries {
    ($($domain:ty, $column:ty, $out:expr, $back:expr);+ $(;)?) => {$(
        impl From<$domain> for $column {
            fn from(value: $domain) -> Self {
                ($out)(value)
            }
        }

        impl From<$column> for $domain {
            fn from(column: $column) -> Self {
                ($back)(column)
            }
        }

        impl From<Option<$domain>> for Opt<$column> {
            fn from(value: Option<$domain>) -> Self {
                Self(value.map(Into::into))
            }
        }

        impl From<Opt<$column>> for Option<$domain> {
            fn from(column: Opt<$column>) -> Self {
                column.0.map(Into::into)
            }
        }
    )+};
}

carries! {
    OffsetDateTime, Ts, |at: OffsetDateTime| Ts(whole_micros(at)), |ts: Ts| ts.0;
    Hours, Hundredths, |hours: Hours| Hundredths(hours.hundredths()), |h: Hundredths| Hours::from_hundredths(h.0);
    Uuid, Uid, Uid, |uid: Uid| uid.0;
}

impl<W, DB> ToSql<Text, DB> for Word<W>
where
    W: Words + Debug,
    DB: Backend,
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

impl<W, DB> FromSql<Text, DB> for Word<W>
where
    W: Words + Debug,
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        W::of_word(&text).map(Self).ok_or_else(|| UnknownWord::of::<W>(&text).into())
    }
}

macro_rules! carries_words {
    ($($word:ty),+ $(,)?) => { carries! { $($word, Word<$word>, Word, |word: Word<$word>| word.0;)+ } };
}
carries_words!(
    Act,
    Action,
    AuthorityKind,
    Basis,
    Cause,
    ChangeKind,
    Channel,
    ClientKind,
    CodeSystem,
    CorrectionKind,
    DocumentKind,
    DocumentWas,
    EmployerKind,
    EmploymentKind,
    EntryKind,
    Fulfils,
    KeyFetchFailure,
    Level,
    Mode,
    Outcome,
    Phase,
    PlaceLevel,
    ProviderKind,
    Requirement,
    Role,
    RollKind,
    Seat,
    StepKind,
    Subject,
    Tier,
    crate::findings::FindingStep,
    crate::work::WorkState,
);

macro_rules! carries_ids {
    ($($id:ident),+) => { carries! { $($id, Uid, |id: $id| Uid(id.as_uuid()), |uid: Uid| $id::from_uuid(uid.0);)+ } };
}
carries_ids!(
    AuthorityId,
    BaseId,
    BatchId,
    CaseId,
    ChangeId,
    ClientId,
    CompletionId,
    CourseId,
    EmployerId,
    EntryId,
    EventId,
    EvidenceId,
    FactId,
    GrantId,
    IssuerId,
    LearnerId,
    MergeId,
    PlatformId,
    PolicyId,
    ReassessmentId,
    SecretId,
    VerificationBatchId,
    WorkId
);

// A place code read back is checked again, so these two can fail.
impl From<PlaceCode> for PlaceText {
    fn from(code: PlaceCode) -> Self {
        Self(code.into())
    }
}

impl From<&PlaceCode> for PlaceText {
    fn from(code: &PlaceCode) -> Self {
        Self(code.as_str().to_owned())
    }
}

impl TryFrom<PlaceText> for PlaceCode {
    type Error = PlaceCodeError;

    fn try_from(text: PlaceText) -> Result<Self, PlaceCodeError> {
        text.0.parse()
    }
}

impl From<Option<PlaceCode>> for Opt<PlaceText> {
    fn from(code: Option<PlaceCode>) -> Self {
        Self(code.map(Into::into))
    }
}

impl TryFrom<Opt<PlaceText>> for Option<PlaceCode> {
    type Error = PlaceCodeError;

    fn try_from(text: Opt<PlaceText>) -> Result<Self, PlaceCodeError> {
        text.0.map(TryInto::try_into).transpose()
    }
}

impl<T, ST, DB> deserialize::Queryable<sql_types::Nullable<ST>, DB> for Opt<T>
where
    DB: Backend,
    ST: sql_types::SingleValue + SqlType<IsNull = sql_types::is_nullable::NotNull>,
    Option<T>: FromSql<sql_types::Nullable<ST>, DB>,
{
    type Row = Option<T>;

    fn build(row: Option<T>) -> deserialize::Result<Self> {
        Ok(Self(row))
    }
}

impl<T, ST> AsExpression<sql_types::Nullable<ST>> for Opt<T>
where
    ST: SqlType<IsNull = sql_types::is_nullable::NotNull>,
    sql_types::Nullable<ST>: diesel::expression::TypedExpressionType,
    Option<T>: AsExpression<sql_types::Nullable<ST>>,
{
    type Expression = <Option<T> as AsExpression<sql_types::Nullable<ST>>>::Expression;

    fn as_expression(self) -> Self::Expression {
        self.0.as_expression()
    }
}

/// An instant as it will be read back: both back ends keep microseconds.
#[must_use]
pub fn whole_micros(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap_or(at)
}

//! Files that prove an achievement: taken in when their bytes are what may be taken, sealed, and shown to who may see the case.

use super::{
    body::{EvidenceBody, EvidenceContentBody, EvidenceInput},
    case::{Acting, Held, visible},
    claim::ClaimInput,
    judge::judge,
    room::{Download, Upload},
    service::{Filed, filed, of_applicant},
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Faults, Unjudged},
    idempotency::Made,
    keys::Sealed,
    problem::{FieldError, Kind, Problem},
    quota,
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};
use domain::{
    kernel::{CaseId, EvidenceId, LearnerId},
    policy::Rules,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{
    Db,
    recognition::{Evidence, content_of, evidence_bytes, evidence_of, insert_evidence},
    whole_micros,
};

/// How many bytes a file may have; its length in base64 stands in the schema.
const LARGEST: usize = 4 * 1024 * 1024;
const _: () = assert!(LARGEST.div_ceil(3) * 4 == 5_592_408);

/// How many files a recognition may have.
const MOST: usize = 20;

/// How many bytes all files of one person may have together.
const LARGEST_TOGETHER: i64 = 256 * 1024 * 1024;

/// How many bytes that come in or go out cost as much as one row of a list.
const A_ROW: usize = 16 * 1024;

/// What a file is that the rule does not list: it may be attached as well, and proves nothing that the rule asks for.
const OTHER: &str = "其他";

/// What a file may be called: what the rules list for the kind that is declared; for a kind that lists nothing, any of the words that
/// these rules have for evidence. It is kept in clear for good, so nobody's own words stand in it.
fn words(rules: &Rules, kind: &str) -> Vec<String> {
    let own = rules.recognition_of(kind).map(|kind| kind.evidence.clone()).unwrap_or_default();
    let all = rules.recognition.iter().flat_map(|kind| kind.evidence.iter().cloned());
    let mut words: Vec<String> = if own.is_empty() { BTreeSet::from_iter(all).into_iter().collect() } else { own };
    words.push(OTHER.to_owned());
    words
}

/// What a file may be, told by its bytes.
const TAKEN: [&str; 3] = ["application/pdf", "image/jpeg", "image/png"];

/// What the bytes of a file are bound to.
pub(crate) fn bound_to(learner: LearnerId, file: EvidenceId) -> Vec<u8> {
    format!("recognition_evidence/{learner}/{file}").into_bytes()
}

/// The bytes with their media type, if they are what may be taken.
fn content(input: &EvidenceInput, faults: &mut Faults<'_>) -> Option<(Vec<u8>, &'static str)> {
    let bytes = match STANDARD.decode(&input.content) {
        Ok(bytes) => bytes,
        Err(error) => {
            faults.add("/content", "invalid_value", no_base64(&error));
            return None;
        }
    };
    if bytes.len() > LARGEST {
        let words = Text::new(format!("文件至多 {LARGEST} 字节"), format!("a file has at most {LARGEST} bytes"));
        faults.add("/content", "length", words);
        return None;
    }
    let found = infer::get(&bytes).map(|found| found.mime_type());
    let taken = TAKEN.into_iter().find(|taken| found == Some(*taken));
    if taken.is_none() {
        let words = Text::new(
            format!("文件内容应为 PDF、JPEG 或 PNG，无论名称如何；其内容为 {}", found.unwrap_or("未知格式")),
            format!(
                "the bytes must be those of a PDF, a JPEG or a PNG, whatever the file is called; they are {}",
                found.unwrap_or("of no known format")
            ),
        );
        let fault = FieldError::new("/content", "unsupported_file", words);
        faults.add_error(fault.with("found", found).with("accepted", TAKEN));
    }
    Some((bytes, taken?))
}

/// Where a text stops being base64; programs that break it into lines are the usual cause.
fn no_base64(error: &DecodeError) -> Text {
    let (zh, en) = (
        "应为标准字母表的 base64（RFC 4648 第 4 节），末尾补 =，不分行",
        "must be base64 of the standard alphabet (RFC 4648, 4), padded by = and not broken into lines",
    );
    match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => {
            let at = at.saturating_add(1);
            Text::new(format!("{zh}；第 {at} 个字符不是"), format!("{en}; character {at} is none"))
        }
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => Text::new(zh, en),
    }
}

pub(super) async fn add(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    (input, upload): (Unjudged<EvidenceInput>, Upload),
) -> Result<Made, Problem> {
    state.quotas.spend_on_body(&permission.signature(), quota::many(input.as_read().content.len() / A_ROW))?;
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let file_id = EvidenceId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let _held_until_it_is_sealed = &upload;
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::Yes), today).and_then(|seen| {
            of_applicant(&seen, &Acting::of(permission.caller(), book.places()))?;
            Ok(seen)
        });
        let seen = input.after(seen)?;
        let Filed { version, files } = input.after(filed(db, &seen))?;
        let claim = ClaimInput::of(&version)?;
        let policy = input.after(judge(&book, &seen.learner, &claim.claim(Vec::new()), today))?.policy;
        let known = words(&policy.rules, &claim.kind);
        let held = evidence_bytes(db, &seen.files)?;
        // Where the claim stands, so that the undoing of a merge leaves all of it with its file.
        let learner = version.learner_id;
        let (kind, file_name, (bytes, media_type)) = input.judged(|input, faults| {
            if !known.contains(&input.kind) && faults.are_sound(&["/kind"]) {
                let words = Text::new(
                    format!("材料种类用规则的文字：{}", known.join("、")),
                    format!("evidence is called by the words of the rules: {}", known.join(", ")),
                );
                faults.add("/kind", "unknown_value", words);
            }
            if files.len() >= MOST {
                let words = Text::new(format!("至多 {MOST} 个文件"), format!("at most {MOST} files"));
                faults.add("", "too_many_files", words);
            }
            let content = content(input, faults);
            let size = content.as_ref().and_then(|(bytes, _)| i64::try_from(bytes.len()).ok()).unwrap_or_default();
            if held + size > LARGEST_TOGETHER {
                let words = Text::new(
                    format!("一人的全部材料至多 {LARGEST_TOGETHER} 字节"),
                    format!("all files of one person have at most {LARGEST_TOGETHER} bytes"),
                );
                faults.add("", "too_many_files", words);
            }
            Ok(content.map(|content| (input.kind.clone(), input.file_name.clone(), content)))
        })?;
        let Sealed { key_id, suite_id, bytes: cipher } =
            shared.keys.seal(&bytes, &bound_to(learner, file_id), now).map_err(Problem::internal)?;
        let file = Evidence {
            learner_id: learner,
            evidence_id: file_id,
            case_id: id,
            kind,
            media_type: media_type.to_owned(),
            size: i32::try_from(bytes.len()).map_err(Problem::internal)?,
            sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            file_name,
            added_at: now,
            added_by: permission.signature(),
        };
        insert_evidence(db, &file, &(cipher, key_id, suite_id))?;
        let person = seen.learner.id;
        let told =
            json!({ "evidence_id": file_id, "learner_id": person, "media_type": media_type, "sha256": file.sha256 });
        db.after("recognition", id, told);
        let address = format!("/v1/recognitions/{id}/evidence/{file_id}");
        Ok(Made::at(address, &EvidenceBody::from(file))?.showing(&[person]))
    };
    state.create(author, write).await
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    (id, file_id): (CaseId, EvidenceId),
    download: Download,
) -> Result<EvidenceContentBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let _held_until_it_is_open = &download;
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::No), today)?;
        let hidden = || Problem::new(Kind::NotFound);
        let file = evidence_of(db, &seen.files, id)?.into_iter().find(|file| file.evidence_id == file_id);
        let file = file.ok_or_else(hidden)?;
        let size = usize::try_from(file.size).unwrap_or_default();
        shared.quotas.spend_on_body(&permission.signature(), quota::many(size / A_ROW))?;
        let learner = file.learner_id;
        let (bytes, key_id, suite_id) = content_of(db, learner, file_id)?.ok_or_else(hidden)?;
        let sealed = Sealed { key_id, suite_id, bytes };
        let opened = shared.keys.open(&sealed, &bound_to(learner, file_id)).map_err(Problem::internal)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        Ok(EvidenceContentBody { file: file.into(), content: STANDARD.encode(opened.as_slice()) })
    };
    state.store.read(read).await
}

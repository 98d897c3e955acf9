//! What is wrong with an identity document or a name, for people. The number itself is never repeated.

use crate::text::Text;
use domain::kernel::{DocumentError, NameError};

/// What is wrong with a document.
pub(crate) fn document(error: &DocumentError) -> Text {
    let zh = match error {
        DocumentError::Length { least, most, found } => {
            format!("应为 {} 位，实为 {found} 位", Text::between(least, most).zh)
        }
        DocumentError::OldNumber => "15 位旧号码已停用，请使用现行证件上的 18 位号码".to_owned(),
        DocumentError::Character { position, expected, .. } => format!("第 {position} 位不合规定，应为 {expected}"),
        DocumentError::NoDayOfBirth => "第 7 至 14 位不是有效的出生日期".to_owned(),
        DocumentError::NotBornYet => "第 7 至 14 位的出生日期晚于今日".to_owned(),
        DocumentError::CheckCharacter { expected, .. } => format!("校验码不符，末位应为 {expected}"),
        DocumentError::NotAPermitRegion => "居住证号码应以 810000、820000 或 830000 开头".to_owned(),
        DocumentError::ResidentNumber => "这是居民身份证号码，证件类型应如实填写".to_owned(),
    };
    let en = match error {
        DocumentError::Length { least, most, found } => {
            format!("must have {} characters, found {found}", Text::between(least, most).en)
        }
        DocumentError::Character { position, expected, .. } => format!("expected {expected} at position {position}"),
        DocumentError::CheckCharacter { expected, .. } => {
            format!("the check character does not fit; expected {expected:?} as the last character")
        }
        other => other.to_string(),
    };
    Text::new(zh, en)
}

/// What is wrong with a name.
pub(crate) fn name(error: &NameError) -> Text {
    let zh = match error {
        NameError::Empty => "姓名为空".to_owned(),
        NameError::TooLong { found } => format!("至多 64 个字，实为 {found} 个"),
        NameError::Control { position, found } => {
            format!("第 {position} 个字符 U+{:04X} 是控制字符", u32::from(*found))
        }
        NameError::Unseen { position, found } => {
            format!("第 {position} 个字符 U+{:04X} 是看不见的字符，请删去", u32::from(*found))
        }
        NameError::PrivateUse { position, found } => {
            format!("第 {position} 个字符 U+{:04X} 是私用区字符，请使用该字的正式编码", u32::from(*found))
        }
    };
    Text::new(zh, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_may_be_one_number_only_is_said_as_that_number() {
        let words = |least, most, found| document(&DocumentError::Length { least, most, found });
        assert_eq!(words(18, 18, 17), Text::new("应为 18 位，实为 17 位", "must have 18 characters, found 17"));
        assert_eq!(words(5, 20, 4), Text::new("应为 5 至 20 位，实为 4 位", "must have 5 to 20 characters, found 4"));
    }
}

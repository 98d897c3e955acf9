//! Numbers that are documents, and those that are none.

use super::*;
use crate::kernel::Words;
use proptest::prelude::*;
use time::macros::date;

const TODAY: Date = date!(2021 - 12 - 31);

fn resident(text: &str) -> Result<Document, DocumentError> {
    Document::parse(DocumentKind::ResidentId, text, TODAY)
}

/// A made-up number: sequence 000, the check character worked out.
fn made_up(region: &str, born: &str) -> String {
    let body = format!("{region}{born}000");
    let mut digits = [0; 17];
    for (digit, c) in digits.iter_mut().zip(body.chars()) {
        *digit = c.to_digit(10).unwrap();
    }
    format!("{body}{}", check_character(&digits))
}

#[test]
fn check_characters_agree_with_numbers_worked_out_by_hand() {
    for number in
        ["610302199001010002", "410423198507010005", "34188219850701000X", "630102198507010008", "61040219850718000X"]
    {
        assert_eq!(resident(number).unwrap().number(), number);
    }
}

#[test]
fn a_number_is_read_as_people_type_it() {
    let wide = "６１０３０２ １９９０ ０１０１\u{3000}０００２\u{200B}";
    assert_eq!(resident(wide).unwrap(), resident("610302199001010002").unwrap());
    assert_eq!(resident("61040219850718000x").unwrap().number(), "61040219850718000X");
}

#[test]
fn each_fault_says_what_was_expected() {
    let fault = |text: &str| resident(text).unwrap_err().to_string();
    assert_eq!(fault(""), "expected 18 to 18 characters, found 0");
    assert_eq!(fault("6103021990"), "expected 18 to 18 characters, found 10");
    assert_eq!(resident("610302900101000"), Err(DocumentError::OldNumber));
    assert_eq!(fault("61030219900101O000"), "expected 0-9 at position 15, found 'O'");
    assert_eq!(fault("61030219900101000Y"), "expected 0-9 or X at position 18, found 'Y'");
    assert_eq!(fault("身份证号码身份证号码身份证号码身份证"), "expected 0-9 at position 1, found '身'");
    assert_eq!(fault("身份证号码号"), "expected 18 to 18 characters, found 6");
    assert_eq!(resident(&made_up("610302", "19900230")), Err(DocumentError::NoDayOfBirth));
    assert_eq!(resident(&made_up("610302", "18991231")), Err(DocumentError::NoDayOfBirth));
    assert_eq!(resident(&made_up("610302", "19901301")), Err(DocumentError::NoDayOfBirth));
    assert!(resident(&made_up("610302", "20211231")).is_ok());
    assert_eq!(resident(&made_up("610302", "20220101")), Err(DocumentError::NotBornYet));
    assert!(resident(&made_up("610302", "19000101")).is_ok());
}

#[test]
fn a_number_is_found_wherever_it_stands_in_a_text() {
    for text in [
        "61040219850718000X",
        "受理61040219850718000x号",
        "x610302199001010002-1",
        "６１０３０２１９９００１０１０００２",
    ] {
        assert!(names_a_person(text, TODAY), "{text}");
    }
    for text in [
        "",
        "9610302199001010002",
        "6103021990010100020",
        "610302199001010003",
        "61030219900101000",
        "受理〔2026〕1号",
        "2020-000001",
        "610302 199001010002",
        "610402-19850718-000X",
    ] {
        assert!(!names_a_person(text, TODAY), "{text}");
    }
}

#[test]
fn regions_that_no_table_knows_any_more_are_accepted() {
    for region in ["610721", "000000", "999999"] {
        assert!(resident(&made_up(region, "19700101")).is_ok(), "{region}");
    }
}

#[test]
fn permits_of_hong_kong_macao_and_taiwan_are_told_by_their_region() {
    let permit = DocumentKind::HkMacaoTaiwanResidencePermit;
    for region in PERMIT_REGIONS {
        let number = made_up(region, "19800808");
        assert_eq!(resident(&number).unwrap().kind(), permit);
        assert_eq!(Document::parse(permit, &number, TODAY).unwrap(), resident(&number).unwrap());
    }
    let mainland = made_up("610302", "19800808");
    assert_eq!(Document::parse(permit, &mainland, TODAY), Err(DocumentError::NotAPermitRegion));
}

#[test]
fn passports_have_five_to_twenty_letters_and_digits() {
    let passport = |text: &str| Document::parse(DocumentKind::Passport, text, TODAY);
    assert_eq!(passport(" e0000 0000").unwrap().number(), "E00000000");
    assert!(passport("12345").is_ok());
    assert!(passport(&"1".repeat(20)).is_ok());
    assert_eq!(passport("1234"), Err(DocumentError::Length { least: 5, most: 20, found: 4 }));
    assert_eq!(passport(&"1".repeat(21)), Err(DocumentError::Length { least: 5, most: 20, found: 21 }));
    let expected = "A-Z or 0-9";
    assert_eq!(passport("E0000-000"), Err(DocumentError::Character { position: 6, expected, found: '-' }));
}

#[test]
fn the_number_of_an_identity_card_is_no_other_documents() {
    let number = made_up("610302", "19800808");
    for kind in [DocumentKind::Passport, DocumentKind::Other] {
        for text in [number.clone(), format!(" {}\u{3000}{} ", &number[..6], &number[6..])] {
            assert_eq!(Document::parse(kind, &text, TODAY), Err(DocumentError::ResidentNumber), "{kind}: {text}");
        }
        // One digit otherwise it is none.
        let other = if number.ends_with('1') { "2" } else { "1" };
        assert!(Document::parse(kind, &format!("{}{other}", &number[..17]), TODAY).is_ok(), "{kind}");
    }
    // A permanent resident's card of the new form is numbered likewise.
    assert!(Document::parse(DocumentKind::ForeignPermanentResidentId, &number, TODAY).is_ok());
}

#[test]
fn a_masked_number_keeps_its_length_and_hides_its_middle() {
    let masked = |kind, number: &str| Document::from_stored(kind, number.to_owned()).masked();
    assert_eq!(masked(DocumentKind::ResidentId, "610302199001010002"), "6103**********0002");
    assert_eq!(masked(DocumentKind::Passport, "E00000012"), "E0*****12");
    assert_eq!(masked(DocumentKind::Passport, "E0001"), "E***1");
    assert_eq!(masked(DocumentKind::Other, "军字第〇一号"), "军****号");
    assert_eq!(masked(DocumentKind::Other, "AB"), "**");
    let shown = format!("{:?}", resident("610302199001010002").unwrap());
    assert_eq!(shown, "Document(resident_id 6103**********0002)");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_normal_form_is_stable(text in ".*", wide in "[0-9０-９xXｘ\u{3000} ]{15,20}") {
        for text in [text, wide] {
            for kind in DocumentKind::ALL {
                if let Ok(document) = Document::parse(*kind, &text, TODAY) {
                    prop_assert_eq!(Document::parse(*kind, document.number(), TODAY).unwrap(), document.clone());
                    prop_assert_eq!(document.masked().chars().count(), document.number().chars().count());
                }
            }
            prop_assert_eq!(normal(&normal(&text)), normal(&text));
            let _ = Document::from_stored(DocumentKind::Other, text).masked();
        }
    }

    #[test]
    fn a_wrong_digit_and_a_swapped_pair_are_found(day in 0_i32..40_000, region in 100_000_u32..800_000, at in 0_usize..18, by in 1_u32..10) {
        let born = date!(1900 - 01 - 01) + time::Duration::days(i64::from(day));
        let born = format!("{:04}{:02}{:02}", born.year(), u8::from(born.month()), born.day());
        let number = made_up(&region.to_string(), &born);
        prop_assert!(resident(&number).is_ok());
        let mut wrong: Vec<char> = number.chars().collect();
        wrong[at] = match wrong[at].to_digit(10) {
            Some(digit) => char::from_digit((digit + by) % 10, 10).unwrap(),
            None => char::from_digit(by, 10).unwrap(),
        };
        prop_assert!(resident(&wrong.iter().collect::<String>()).is_err());
        let mut swapped: Vec<char> = number.chars().collect();
        swapped.swap(at, (at + 1).min(17));
        let swapped: String = swapped.into_iter().collect();
        prop_assert!(swapped == number || resident(&swapped).is_err());
    }
}

#[test]
fn a_number_in_groups_is_found_where_people_write_it_so() {
    for text in [
        "610302 199001010002",
        "610402-19850718-000X",
        "受理 2021 610402.19850718.000x 2 件",
        "610402_1985_0718_000X",
        "610402-19850718000-X",
        "610402\u{200B}19850718·000X",
        "610402\u{AD}19850718 000X",
    ] {
        assert!(names_a_person_in_groups(text, TODAY), "{text}");
    }
    for text in [
        "",
        "61040219850718000X",
        "610402-19850718-0001",
        "9610402-19850718-000X",
        "6104 0219 8507 1800 0X",
        // Numbered by place, day and number, as platforms do; months of studies.
        "610302-20200101-0007",
        "2001.09-2005.06 2005.09-2012.08",
        "2003.07-2005.06 2005.07-2012.08",
    ] {
        assert!(!names_a_person_in_groups(text, TODAY), "{text}");
    }
}

//! Figures of the catalogue of requirements, entered here a second time and by hand, against those of the rule files: also where
//! no situation evaluates them yet (prices, funds, courseware, dates).
#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::FILES;
use toml::Value;

/// A row of the catalogue, where its figure stands in the rule file, and the figure.
///
/// A place is a path: `fee{mode=online;place_list=}` is the one price with that mode and without a list of places, `[0]` the
/// first of several, and `#` says how many there are.
type Figure = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const NATION: &[Figure] = &[
    ("B1", "policy/years_from", "2015"),
    ("B1", "document/mohrss25/in_force_from", "2015-10-01"),
    ("B1", "total/min", "90"),
    ("B1", "category{code=professional}/min", "60"),
    ("B1", "category{code=public;min=}/#", "1"),
];

#[rustfmt::skip]
const SHAANXI: &[Figure] = &[
    ("SX-01", "total/min", "80"),
    ("SX-01", "category{code=public}/min", "24"),
    ("SX-01", "category{code=professional}/min", "56"),
    ("SX-02", "subject/#", "2"),
    ("SX-02", "subject{hours=24}/#", "2"),
    ("SX-08", "courseware{about=爱国主义教育内容}/topic_hours_min", "4"),
    ("SX-11", "date{subject=e_invoice_due}/by", "2020-12-31"),
    ("SX-12", "supervision[0]/every_years", "2"),
    ("SX-12", "supervision[0]/heads/#", "5"),
    ("SX-13", "supervision[0]/findings/#", "4"),
    ("SX-14", "fee{mode=face_to_face;place_list=}/fen_per_unit", "500"),
    ("SX-14", "fee{mode=face_to_face;place_list=reduced_fee_counties}/fen_per_unit", "300"),
    ("SX-14", "fee{mode=online;place_list=}/fen_per_unit", "400"),
    ("SX-14", "fee{mode=online;place_list=reduced_fee_counties}/fen_per_unit", "200"),
    ("SX-15", "place_list{code=reduced_fee_counties}/places/#", "29"),
    ("SX-22", "make_up{years_to=2019}/closes_on", "2020-12-31"),
    ("SX-23", "make_up{mode=open}/years_to", "2018"),
    ("SX-28", "fund{kind=set_aside}/numerator", "15"),
    ("SX-28", "fund{kind=set_aside}/denominator", "1000"),
    ("SX-28", "fund{kind=set_aside}/of", "professional_staff"),
    ("SX-32", "courseware{about=课程时长;category=public}/lengths", "[24]"),
    ("SX-32", "courseware{about=课程时长;category=public}/lecture_minutes_about", "60"),
    ("SX-33", "courseware{about=课程时长;category=professional}/lengths", "[8, 16, 24, 32, 56]"),
    ("SX-34", "courseware{about=多机位拍摄}/cameras_min", "2"),
    ("SX-35", "courseware{about=每讲片头}/opening_seconds_max", "5"),
    ("SX-36", "courseware{category=;preview_minutes_max=3}/#", "1"),
    ("SX-37", "courseware{about=视频信噪比和电平}/snr_db_min", "55"),
    ("SX-37", "courseware{about=视频信噪比和电平}/video_mv_max", "1100"),
    ("SX-37", "courseware{about=视频信噪比和电平}/white_mv", "700"),
    ("SX-37", "courseware{about=视频信噪比和电平}/sync_mv", "-300"),
    ("SX-38", "courseware{about=音频电平和信噪比}/level_db_min", "-8"),
    ("SX-38", "courseware{about=音频电平和信噪比}/level_db_max", "-2"),
    ("SX-38", "courseware{about=音频电平和信噪比}/snr_db_min", "48"),
    ("SX-39", "courseware{about=考核试卷和题库}/paper_single", "30"),
    ("SX-39", "courseware{about=考核试卷和题库}/paper_multiple", "10"),
    ("SX-39", "courseware{about=考核试卷和题库}/paper_true_false", "10"),
    ("SX-39", "courseware{about=考核试卷和题库}/bank_single_min", "90"),
    ("SX-39", "courseware{about=考核试卷和题库}/bank_multiple_min", "30"),
    ("SX-39", "courseware{about=考核试卷和题库}/bank_true_false_min", "30"),
    ("SX-41", "courseware{about=视频压缩}/kbps_min", "800"),
    ("SX-41", "courseware{about=视频压缩}/kbps_max", "1024"),
    ("SX-41", "courseware{about=视频压缩}/width_min", "1280"),
    ("SX-41", "courseware{about=视频压缩}/height_min", "720"),
    ("SX-41", "courseware{about=视频压缩}/frames_per_second", "25"),
    ("SX-42", "courseware{about=音频压缩}/sample_hz", "48000"),
    ("SX-42", "courseware{about=音频压缩}/kbps_constant", "128"),
    ("SX-42", "courseware{about=音频压缩}/channels", "2"),
    ("SX-46", "document/sx354/signed_on", "2020-08-21"),
];

#[rustfmt::skip]
const GUANGDE: &[Figure] = &[
    ("GD-02", "subject{title=新时代专业技术人员新理念素养提升}/hours", "30"),
    ("GD-02", "category{code=public}/min", "30"),
    ("GD-03", "date{subject=platform_opens}/on", "2020-05-20"),
    ("GD-05", "source{category=professional}/filing/days_before_start", "30"),
    ("GD-07", "total/min", "90"),
    ("GD-07", "category{code=professional}/min", "60"),
    ("GD-07", "category{code=professional}/share/numerator", "2"),
    ("GD-07", "category{code=professional}/share/denominator", "3"),
    ("GD-08", "source{category=public}/exam/pass_mark", "60"),
    ("GD-12", "date{subject=verification;by=2020-09-30}/from", "2020-07-01"),
    ("GD-13", "date{subject=verification;from=;by=}/#", "1"),
    ("GD-14", "study_window/closes_on", "2020-12-31"),
    ("GD-14", "make_up/mode", "none"),
    ("GD-15", "consequence{effect=term_deferral}/years", "1"),
    ("GD-15", "consequence{effect=promotion_deferral}/years", "1"),
    ("GD-24", "office{role=human_resources}/hotline", "[\"0563-6040320\"]"),
    ("GD-24", "platform/hotline", "[\"0551-63658409\", \"0551-63671543\"]"),
    ("GD-25", "office{role=sector}/#", "13"),
    ("GD-25", "office{names=市财政局}/series", "[\"会计\"]"),
    ("GD-27", "document/gd2020/signed_on", "2020-05-06"),
    ("GD-27", "document/gd2020/printed_on", "2020-05-08"),
];

#[rustfmt::skip]
const QINGHAI: &[Figure] = &[
    ("QH-07", "total/min", "135"),
    ("QH-07", "category{code=public}/min", "45"),
    ("QH-07", "category{code=professional}/min", "90"),
    ("QH-09", "window{purpose=title_review;levels=intermediate}/years", "3"),
    ("QH-10", "window{purpose=title_review;years=4}/levels", "[\"deputy_senior\", \"full_senior\"]"),
    ("QH-11", "window{purpose=title_review;levels=full_senior;years=2}/who/degrees", "[\"doctorate\"]"),
    ("QH-13", "window{purpose=change_of_series}/categories", "[\"professional\"]"),
    ("QH-16", "recognition{kind=training}/formula/per_day", "7"),
    ("QH-16", "unit/hours_per_day", "7"),
    ("QH-17", "recognition{kind=training_abroad}/formula/per_day", "7"),
    ("QH-19", "recognition{kind=degree}/earned_from", "2020-01-01"),
    ("QH-20", "recognition{kind=degree}/formula/fulfils", "category_year"),
    ("QH-21", "recognition{kind=qualification_exam}/formula/fulfils", "category_year"),
    ("QH-22", "recognition{kind=mentoring}/formula/per_day", "7"),
    ("QH-22", "recognition{kind=mentoring}/cap/hours", "30"),
    ("QH-23", "recognition{kind=project_national}/formula/by_role[0]/hours", "90"),
    ("QH-23", "recognition{kind=project_national}/formula/by_role[1]/hours", "60"),
    ("QH-24", "recognition{kind=project_provincial}/formula/by_role[0]/hours", "60"),
    ("QH-24", "recognition{kind=project_provincial}/formula/by_role[1]/hours", "30"),
    ("QH-25", "recognition{kind=project_prefecture}/formula/by_role[0]/hours", "45"),
    ("QH-25", "recognition{kind=project_prefecture}/formula/by_role[1]/hours", "25"),
    ("QH-26", "recognition{kind=award}/formula/fulfils", "category_tenure"),
    ("QH-27", "recognition{kind=patent_invention}/formula/by_rank[0]/hours", "60"),
    ("QH-27", "recognition{kind=patent_invention}/formula/by_rank[1]/hours", "50"),
    ("QH-27", "recognition{kind=patent_invention}/formula/by_rank[2]/hours", "40"),
    ("QH-28", "recognition{kind=patent_utility_model}/formula/by_rank[0]/hours", "50"),
    ("QH-28", "recognition{kind=patent_utility_model}/formula/by_rank[1]/hours", "40"),
    ("QH-28", "recognition{kind=patent_utility_model}/formula/by_rank[2]/hours", "30"),
    ("QH-29", "recognition{kind=standard_national}/formula/by_rank[0]/hours", "90"),
    ("QH-29", "recognition{kind=standard_national}/formula/by_rank[1]/hours", "80"),
    ("QH-29", "recognition{kind=standard_national}/formula/by_rank[2]/hours", "60"),
    ("QH-30", "recognition{kind=standard_industry}/formula/by_rank[0]/hours", "80"),
    ("QH-30", "recognition{kind=standard_industry}/formula/by_rank[1]/hours", "70"),
    ("QH-30", "recognition{kind=standard_industry}/formula/by_rank[2]/hours", "50"),
    ("QH-31", "recognition{kind=standard_provincial}/formula/by_rank[0]/hours", "60"),
    ("QH-31", "recognition{kind=standard_provincial}/formula/by_rank[1]/hours", "50"),
    ("QH-31", "recognition{kind=standard_provincial}/formula/by_rank[2]/hours", "40"),
    ("QH-32", "recognition{kind=report_provincial_leaders}/formula/fixed", "60"),
    ("QH-32", "recognition{kind=report_department_leaders}/formula/fixed", "30"),
    ("QH-33", "exemption{kind=covid_front_line}/years", "[2020]"),
    ("QH-35", "consequence{effect=title_bar}/years", "3"),
    ("QH-35", "consequence{effect=credit_record}/years", "3"),
    ("QH-42", "office{role=self_reviewing}/names/#", "7"),
    ("QH-44", "surplus/into_years", "[2017, 2018, 2019]"),
    ("QH-46", "date{subject=filing_due}/by", "2020-06-30"),
    ("QH-47", "study_window/on_time_until", "2020-11-30"),
    ("QH-48", "date{subject=review_due}/by", "2020-12-15"),
    ("QH-50", "date{subject=report_due}/every_year_on", "[\"03-31\", \"06-30\", \"09-30\", \"12-31\"]"),
    ("QH-55", "office{role=base;tier=national}/names/#", "3"),
    ("QH-53", "office{role=contact;names=青海省人力资源和社会保障厅专业技术人员管理处}/hotline/#", "2"),
    ("QH-54", "office{role=human_resources}/#", "8"),
    ("QH-56", "office{role=contact;hotline=}/names/#", "27"),
    ("QH-57", "document/qh227/printed_on", "2020-05-25"),
];

#[rustfmt::skip]
const PINGDINGSHAN: &[Figure] = &[
    ("PDS-04", "total/min", "90"),
    ("PDS-04", "category{code=public}/min", "30"),
    ("PDS-04", "category{code=public.required}/min", "24"),
    ("PDS-04", "category{code=professional}/min", "60"),
    ("PDS-A1", "category{code=public.elective;min=}/#", "1"),
    ("PDS-05", "date{subject=declaration_due}/by", "2021-12-31"),
    ("PDS-07", "platform{code=pdszj.hnhhlearning.com}/hotline", "[\"4008370611\"]"),
    ("PDS-07", "platform{code=pds.hnjxedu.org.cn}/hotline", "[\"4001501519\"]"),
    ("PDS-07", "platform{code=www.huayuzj.com}/hotline", "[\"18037931366\"]"),
    ("PDS-08", "study_window/closes_on", "2021-12-31"),
    ("PDS-15", "consequence{effect=no_awards}/since", "2019-01-01"),
    ("PDS-16", "fund{kind=set_aside;obligatory=true}/numerator", "15"),
    ("PDS-16", "fund{kind=set_aside;obligatory=true}/denominator", "1000"),
    ("PDS-16", "fund{kind=set_aside;numerator=25}/denominator", "1000"),
    ("PDS-16", "fund{kind=set_aside;numerator=25}/conditions/#", "3"),
    ("PDS-16", "fund{kind=set_aside;numerator=25}/obligatory", "false"),
    ("PDS-A6", "fund{kind=set_aside;of=all_staff}/#", "3"),
    ("PDS-17", "fund{kind=deductible}/numerator", "8"),
    ("PDS-17", "fund{kind=deductible}/denominator", "100"),
    ("PDS-20", "document/pds26/printed_on", "2021-04-19"),
];

/// A value as it is compared: a text without its quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether an entry has this key with this value, alone or as the only one of a list; or lacks it, where no value is named.
fn has(entry: &Value, condition: &str) -> bool {
    let (key, wanted) = condition.split_once('=').unwrap();
    let found = entry.get(key);
    let found = found.map(|value| value.as_array().filter(|all| all.len() == 1).map_or(value, |all| &all[0]));
    found.map_or(String::new(), shown) == wanted
}

/// One step of a path from each of these.
fn step<'v>(from: Vec<&'v Value>, step: &str) -> Vec<&'v Value> {
    let end = step.find(['{', '[']).unwrap_or(step.len());
    let (name, choice) = step.split_at(end);
    let named = from.into_iter().filter_map(|value| value.get(name));
    let tables = |value: &'v Value| match value.as_array() {
        Some(all) if all.iter().all(Value::is_table) => all.iter().collect(),
        _ => vec![value],
    };
    let all: Vec<&Value> = named.flat_map(tables).collect();
    if let Some(index) = choice.strip_prefix('[') {
        return all.get(index.trim_end_matches(']').parse::<usize>().unwrap()).copied().into_iter().collect();
    }
    let conditions: Vec<&str> =
        choice.trim_matches(['{', '}']).split(';').filter(|condition| !condition.is_empty()).collect();
    all.into_iter().filter(|entry| conditions.iter().all(|condition| has(entry, condition))).collect()
}

fn figure(rules: &Value, path: &str) -> String {
    let mut at = vec![rules];
    for part in path.split('/') {
        if part == "#" {
            let list = at.first().filter(|_| at.len() == 1).and_then(|value| value.as_array());
            return list.map_or(at.len(), Vec::len).to_string();
        }
        at = step(at, part);
    }
    match at[..] {
        [one] => shown(one),
        _ => format!("{} places", at.len()),
    }
}

#[test]
fn the_rule_files_hold_the_figures_of_the_catalogue() {
    let places = [
        ("000000-national/2015.toml", NATION),
        ("610000-shaanxi/2020.toml", SHAANXI),
        ("341882-guangde/2020.toml", GUANGDE),
        ("630000-qinghai/2020.toml", QINGHAI),
        ("410400-pingdingshan/2021.toml", PINGDINGSHAN),
    ];
    assert_eq!(places.len(), FILES.len());
    let mut wrong = Vec::new();
    for (path, figures) in places {
        let file = FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not embedded"));
        let rules: Value = toml::from_str(file.rules).unwrap();
        for (row, place, expected) in figures {
            let found = figure(&rules, place);
            if found != *expected {
                wrong.push(format!("{path}, {row}: {place} is {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

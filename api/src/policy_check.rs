//! `xueshi policy check`: the verdict of the crate `policies` on rule files, in lines for people.

use domain::{
    kernel::Words,
    policy::{MOST_FAULTS, Rules, shape::CheckKind},
};
use policies::check::{CheckError, Checked, check_file};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// Whether a rule file without situations may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situations {
    /// None is a fault: nothing would notice a figure that is mistyped.
    Needed,
    /// The form alone is looked at where there are none.
    NotNeeded,
}

/// Checks the files one after the other and writes what was found; says whether all are clean.
pub(crate) fn run(files: &[PathBuf], situations: Situations, report: &mut String) -> bool {
    let mut clean = true;
    for file in files {
        let Some(rules) = rules_of_situations(file) else {
            clean &= check_one(file, situations, report);
            continue;
        };
        let (file_name, beside) = (file.display(), rules.display());
        if !rules.exists() {
            clean = false;
            let _ = writeln!(report, "{file_name}: NOT clean");
            let _ = writeln!(report, "  situations without their rule file: write {beside}, which they run with");
            continue;
        }
        let _ = writeln!(report, "{file_name}: situations; they run with {beside}");
        if !files.contains(&rules) {
            clean &= check_one(&rules, situations, report);
        }
    }
    clean
}

fn check_one(file: &Path, situations: Situations, report: &mut String) -> bool {
    let file_name = file.display();
    let (lines, good) = match check_file(file) {
        Ok(checked) => {
            let (mut lines, good) = findings(&checked, situations);
            lines.extend(unchecked(&checked.rules));
            (lines, good)
        }
        Err(CheckError::Faults(faults)) => {
            // The form that editors and terminals make a link of.
            for fault in &faults {
                let _ = writeln!(report, "{file_name}:{fault}");
            }
            let more = if faults.len() > MOST_FAULTS { " and more" } else { "" };
            (vec![format!("faults: {}{more}", faults.len())], false)
        }
        Err(error) => (vec![error.to_string()], false),
    };
    let _ = writeln!(report, "{file_name}: {}", if good { "clean" } else { "NOT clean" });
    for line in lines {
        let _ = writeln!(report, "  {line}");
    }
    good
}

fn findings(checked: &Checked, situations: Situations) -> (Vec<String>, bool) {
    if checked.situations == 0 {
        let found = "no situations found beside it: only its form was checked";
        return match situations {
            Situations::Needed => (vec![format!("{found}; write them, or say --without-situations")], false),
            Situations::NotNeeded => (vec![found.into()], true),
        };
    }
    let mut lines = vec![format!("{} situations", checked.situations)];
    let wrong = checked.failures.iter();
    lines.extend(wrong.map(|f| format!("{}: {}: expected {}, found {}", f.situation, f.what, f.expected, f.found)));
    lines.extend(
        checked.unnoticed.iter().map(|what| format!("no situation notices when this is turned by one: {what}")),
    );
    (lines, checked.is_clean())
}

/// A remark, never a fault: a place may want no checks, but whoever forgot them should know what then counts.
fn unchecked(rules: &Rules) -> Option<String> {
    let left_out = CheckKind::ALL.iter().filter(|kind| rules.check.iter().all(|check| check.what != **kind));
    let names: Vec<_> = left_out.map(|kind| kind.as_str()).collect();
    (!names.is_empty()).then(|| format!("remark: no [[check]] looks for {}: such study counts", names.join(", ")))
}

/// The rule file that a file of situations belongs to: a pattern such as `*.toml` names both, and so may whoever wrote the one.
fn rules_of_situations(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?.strip_suffix(".situations.toml")?;
    Some(file.with_file_name(format!("{name}.toml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_or_understood_is_not_clean_and_says_why() {
        let file = std::env::temp_dir().join(format!("xueshi-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&file, "format = \n").unwrap();
        let mut report = String::new();
        assert!(!run(&["/no/such/rules.toml".into(), file.clone()], Situations::NotNeeded, &mut report));
        assert!(report.contains("/no/such/rules.toml: NOT clean") && report.contains(".toml:1:"), "{report}");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn situations_are_checked_with_the_rule_file_beside_them_and_not_without() {
        let folder = std::env::temp_dir().join(format!("xueshi-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let shipped = policies::FILES.iter().find(|file| file.path == "610000-shaanxi/2020.toml").unwrap();
        let (rules, beside) = (folder.join("2020.toml"), folder.join("2020.situations.toml"));
        std::fs::write(&beside, shipped.situations).unwrap();
        let checked = |files: &[&PathBuf]| {
            let mut report = String::new();
            let files: Vec<PathBuf> = files.iter().map(|file| (*file).clone()).collect();
            (run(&files, Situations::Needed, &mut report), report)
        };
        let (clean, report) = checked(&[&beside]);
        assert!(!clean && report.contains("2020.situations.toml: NOT clean"), "{report}");
        assert!(report.contains(&format!("write {}", rules.display())), "{report}");
        std::fs::write(&rules, shipped.rules).unwrap();
        for files in [vec![&beside], vec![&beside, &rules], vec![&rules, &beside]] {
            let (clean, report) = checked(&files);
            assert!(clean && report.matches("2020.toml: clean").count() == 1, "{report}");
        }
        std::fs::write(&rules, shipped.rules.replacen("min = 24", "min = 25", 1)).unwrap();
        assert!(!checked(&[&beside]).0);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

//! Learning platforms and the categories they may serve.

use super::Tier;
use crate::kernel::{PlatformId, is_within, lasts};
use time::Date;

/// A category that a platform may serve, with everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedCategory {
    /// The category of the rule book's tree, a dotted path such as `public` or `public.required`.
    pub category: String,
    /// The first civil day.
    pub from_on: Date,
    /// The last civil day, itself included; open when `None`.
    pub until_on: Option<Date>,
}

/// What the rules need to know of a learning platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformFacts {
    /// The platform.
    pub id: PlatformId,
    /// The code by which rule files and callers name it.
    pub code: String,
    /// Its printed name.
    pub name: String,
    /// Who recognised it.
    pub tier: Tier,
    /// The categories it may serve, and when.
    pub categories: Vec<ServedCategory>,
}

impl PlatformFacts {
    /// Whether the platform may serve a category on a day. A served category covers its descendants: who serves `public`
    /// serves `public.required`, not the other way round.
    #[must_use]
    pub fn serves(&self, category: &str, day: Date) -> bool {
        let holds = |served: &ServedCategory| lasts(served.from_on, served.until_on, day);
        self.categories.iter().any(|served| is_within(category, &served.category) && holds(served))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;
    use uuid::Uuid;

    #[test]
    fn a_served_category_covers_what_is_below_it_on_its_days() {
        let platform = PlatformFacts {
            id: PlatformId::from_uuid(Uuid::from_u128(1)),
            code: "demo".to_owned(),
            name: "示例平台".to_owned(),
            tier: Tier::City,
            categories: vec![
                ServedCategory {
                    category: "public".to_owned(),
                    from_on: date!(2021 - 01 - 01),
                    until_on: Some(date!(2021 - 12 - 31)),
                },
                ServedCategory {
                    category: "professional.online".to_owned(),
                    from_on: date!(2021 - 06 - 01),
                    until_on: None,
                },
            ],
        };
        assert!(platform.serves("public", date!(2021 - 01 - 01)));
        assert!(platform.serves("public.required", date!(2021 - 12 - 31)));
        assert!(!platform.serves("public.required", date!(2022 - 01 - 01)));
        assert!(!platform.serves("public", date!(2020 - 12 - 31)));
        assert!(!platform.serves("publicity", date!(2021 - 05 - 01)));
        assert!(!platform.serves("professional", date!(2021 - 07 - 01)));
        assert!(platform.serves("professional.online", date!(2030 - 07 - 01)));
        assert!(!platform.serves("professional.online", date!(2021 - 05 - 31)));
    }
}

//! Organisations: who employs, who supervises, who teaches, and at which tier.

use super::Dated;
use crate::kernel::EmployerId;
use std::collections::BTreeMap;

crate::words! {
    /// What an employer is. Rules bind, encourage or leave out by this kind (QH-02, QH-03).
    pub enum EmployerKind {
        /// 机关.
        StateOrgan = "state_organ",
        /// 事业单位.
        PublicInstitution = "public_institution",
        /// 企业.
        Enterprise = "enterprise",
        /// 民办机构.
        PrivateInstitution = "private_institution",
        /// 社会组织.
        SocialOrganisation = "social_organisation",
        /// 中央驻地方单位.
        CentralUnit = "central_unit",
        /// 驻军幼儿园.
        ArmyKindergarten = "army_kindergarten",
        /// Anything else.
        Other = "other",
    }

    /// What an authority is responsible for.
    pub enum AuthorityKind {
        /// 人社部门.
        HumanResources = "human_resources",
        /// 行业主管部门.
        Sector = "sector",
        /// 人事主管单位.
        Personnel = "personnel",
        /// Anything else.
        Other = "other",
    }

    /// Who offers a course.
    pub enum ProviderKind {
        /// 继续教育基地.
        Base = "base",
        /// 行业主管部门 or 人社部门.
        Authority = "authority",
        /// 用人单位.
        Employer = "employer",
    }

    /// The tier at which a base or a learning platform is recognised. Counties recognise neither in any document so far.
    pub enum Tier {
        /// 国家级.
        National = "national",
        /// 省级.
        Provincial = "provincial",
        /// 市级.
        City = "city",
    }
}

/// What employers are, each with its days: a kind that was recorded wrongly is corrected by one more fact.
pub type EmployerKinds = BTreeMap<EmployerId, Vec<Dated<EmployerKind>>>;

/// What the rules need to know of an employer on a day, as known at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmployerFact {
    /// The employer.
    pub id: EmployerId,
    /// What it is.
    pub kind: EmployerKind,
}

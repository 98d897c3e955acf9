//! Dimension 12: prices, training funds and other rules about money. Amounts are integer fen.

use super::{UnitName, Who};
use crate::{
    kernel::PlaceCode,
    policy::reader::{Cite, section},
    registry::Mode,
    words,
};
use time::Date;

section! {
    /// A price per unit.
    pub struct Fee {
        /// The mode of study.
        mode: Mode,
        /// The price in fen.
        fen_per_unit: i64,
        /// The unit; the policy's own.
        unit: UnitName,
        /// The list of places whose people pay it; absent for all.
        place_list: Option<String>,
        /// The first day it holds.
        from: Option<Date>,
        /// The first day it no longer does.
        until: Option<Date>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// A list of places that rules refer to.
    pub struct PlaceList {
        /// Its code.
        code: String,
        /// Its name.
        name: String,
        /// The places, by the code of the document's year.
        places: Vec<PlaceCode>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// Of which wages a fund is taken.
    pub enum WageBase {
        /// Of all employees.
        AllStaff = "all_staff",
        /// Of professional technical personnel.
        ProfessionalStaff = "professional_staff",
    }
}

words! {
    /// What a share of wages is for.
    pub enum FundKind {
        /// To be set aside for training.
        SetAside = "set_aside",
        /// Deductible from tax, the rest carried forward.
        Deductible = "deductible",
    }
}

section! {
    /// A share of wages. The ratio keeps its numerator and denominator.
    pub struct Fund {
        /// What for.
        kind: FundKind,
        /// Numerator.
        numerator: i64,
        /// Denominator.
        denominator: i64,
        /// Of which wages.
        of: WageBase,
        /// Whether it must be, or may be.
        obligatory: bool,
        /// Conditions that must all hold.
        conditions: Vec<String>,
        /// Whom it binds.
        who: Option<Who>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// What a rule about money is about.
    pub enum MoneySubject {
        /// The reduction reaches any base of the place.
        ReductionAnywhere = "reduction_anywhere",
        /// Only tariff fees may be charged.
        OnlyTariffFees = "only_tariff_fees",
        /// The fee is set by another authority; no figure here.
        FeeSetElsewhere = "fee_set_elsewhere",
        /// The employer reimburses.
        Reimbursement = "reimbursement",
        /// The employer budgets for the year.
        Budget = "budget",
        /// Public money pays.
        PublicMoney = "public_money",
        /// Textbooks are never compulsory.
        TextbooksOptional = "textbooks_optional",
        /// E-invoices.
        EInvoice = "e_invoice",
    }
}

section! {
    /// A rule about money that is no price and no share.
    pub struct MoneyRule {
        /// What about.
        subject: MoneySubject,
        /// Whom it binds.
        binds: String,
        /// The mode of study, where it matters.
        mode: Option<Mode>,
        /// A deadline, itself included.
        by: Option<Date>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

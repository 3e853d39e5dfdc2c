//! Background work: a front end like `web`. A handler calls a use-case to prepare, does the IO with no transaction
//! open, and calls a use-case to record. Kinds of work are `domain::job::Job`.

pub mod emails;
pub mod worker;

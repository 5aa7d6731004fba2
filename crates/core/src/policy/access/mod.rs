//! Conditional access: whether this person on this device with this proof may have this now. Asked at every sign-in and
//! at every token, in the vocabulary of Microsoft Graph's `conditionalAccessPolicy`. Pure: a planner asks the same
//! questions over exported policies as the server asks of a request.
//!
//! | module | holds |
//! |---|---|
//! | [`facts`] | everything a policy may ask about a request |
//! | [`model`] | a policy |
//! | [`filter`] | the language of device filters |
//! | [`strength`], [`location`] | what policies name by id |
//! | [`reference`](mod@reference) | all that a policy names by id |
//! | [`document`] | policies, strengths and locations as Graph writes them |
//! | [`set`] | all policies, compiled |
//! | [`templates`](mod@templates) | policies to start from |
//! | [`mod@evaluate`] | the decision |
//! | [`verdict`] | what was decided, and what each policy said |
//! | [`words`] | the same in words |
//!
//! # Rules
//!
//! 1. A policy applies if **all** its conditions match. An exclude beats an include.
//! 2. Every policy that applies has to be satisfied. There is no order among them, and none that allows: without
//!    policies everything passes, and each can only take away.
//! 3. `block` refuses. Other grant controls are joined by the policy's own operator; session controls always count.
//! 4. Strengths of several policies must each be satisfied. Of several sign-in frequencies the shortest counts, `never`
//!    beats `always` for browsers, `strictEnforcement` beats `disabled`.
//! 5. Report-only policies are asked everything and decide nothing.
//! 6. What somebody can mend by signing in (multifactor authentication, a strength, a newer sign-in) is a prompt; where
//!    something else is missing too, it is a refusal: asking for a passkey that cannot help only teaches people to
//!    answer prompts.
//! 7. A PRT is no proof of policy: it is issued without being asked, and each token it buys is judged.
//!
//! # What is not known
//!
//! A fact may be unknown: to a planner, or to the server where a report has gone stale and the policy says
//! `failClosed`. Conditions and controls are asked in three values. What decides is the worst case: a policy that may
//! apply does, and a control that may be satisfied is not. The best case is told beside it. Since no policy allows
//! anything, no unknown fact can grant.
//!
//! # Two exceptions, for actions
//!
//! A policy for all applications speaks about user actions too. But
//!
//! - while somebody registers security information, an enforced policy that names this action with a strength takes the
//!   place of the strengths of all policies that do not name it, as Microsoft documents;
//! - while a device is being registered, a policy that does not name this action does not ask for a compliant, joined or
//!   bound device: there is none yet.

pub mod document;
pub mod evaluate;
pub mod facts;
pub mod filter;
mod index;
pub mod location;
pub mod model;
pub mod reference;
pub mod set;
pub mod strength;
pub mod templates;
pub mod verdict;
pub mod words;

pub use evaluate::evaluate;
pub use facts::Facts;
pub use model::Policy;
pub use set::PolicySet;
pub use verdict::{Outcome, Permit, Verdict};

//! `conditionalAccessGrantControls` (Graph, 2026-04-28) and `conditionalAccessSessionControls`, the latter with what only
//! beta has.

use super::policy::Version;
use super::{Field, Flaw, Object};
use crate::policy::access::model::{
    ContinuousEvaluation, Frequency, Grant, Operator, PersistentBrowser, SessionControls,
};
use serde_json::{Value, json};

impl Grant {
    /// Reads grant controls.
    pub(super) fn read(object: Object<'_>) -> Self {
        object.refuse(&[
            ("customAuthenticationFactors", "no provider of other factors is connected"),
            ("termsOfUse", "nothing here shows terms or remembers who agreed"),
        ]);
        let mut grant = Self::default();
        let controls = object.take("builtInControls");
        for item in controls.iter().flat_map(Field::list) {
            grant.add(&item);
        }
        grant.strength = object.take("authenticationStrength").and_then(|it| {
            // An export holds the strength whole; the policy only refers to it.
            let strength = it.object()?;
            strength.need("id").and_then(|it| it.id())
        });
        let operator =
            object.take("operator").and_then(|it| it.choice(&[Operator::And, Operator::Or], operator_name));
        let named = [grant.block, grant.mfa, grant.compliant_device, grant.domain_joined_device];
        let named = named.iter().filter(|is| **is).count() + usize::from(grant.strength.is_some());
        if operator.is_none() && named > 1 {
            object.flaw("operator", Flaw::Missing);
        }
        grant.operator = operator.unwrap_or_default();
        if grant.block && named > 1 {
            object.flaw("builtInControls", Flaw::Contradiction("block stands alone"));
        }
        if grant.mfa && grant.strength.is_some() {
            let why = "mfa and an authentication strength cannot stand in the same policy";
            object.flaw("authenticationStrength", Flaw::Contradiction(why));
        }
        object.finish();
        grant
    }

    fn add(&mut self, item: &Field<'_>) {
        let Some(name) = item.text() else { return };
        let refused = match name {
            "block" => return self.block = true,
            "mfa" => return self.mfa = true,
            "compliantDevice" => return self.compliant_device = true,
            "domainJoinedDevice" => return self.domain_joined_device = true,
            "approvedApplication" | "compliantApplication" => "no application proves here what it is",
            "passwordChange" => "nobody here has a password",
            "riskRemediation" => "nothing here rates the risk of a person",
            _ => {
                return item.unexpected("block, mfa, compliantDevice or domainJoinedDevice");
            }
        };
        item.flaw(Flaw::NotEnforced(refused));
    }

    /// The grant controls as Graph shows them; null if there are none.
    pub(super) fn to_graph(&self) -> Value {
        if self.is_empty() {
            return Value::Null;
        }
        let controls = [
            (self.block, "block"),
            (self.mfa, "mfa"),
            (self.compliant_device, "compliantDevice"),
            (self.domain_joined_device, "domainJoinedDevice"),
        ];
        let controls: Vec<_> = controls.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        json!({
            "operator": operator_name(self.operator),
            "builtInControls": controls,
            "customAuthenticationFactors": [],
            "termsOfUse": [],
            "authenticationStrength": self.strength.map(|id| json!({ "id": id.to_string() })),
        })
    }
}

const fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::And => "AND",
        Operator::Or => "OR",
    }
}

const fn mode_name(mode: PersistentBrowser) -> &'static str {
    match mode {
        PersistentBrowser::Always => "always",
        PersistentBrowser::Never => "never",
    }
}

const fn evaluation_name(mode: ContinuousEvaluation) -> &'static str {
    match mode {
        ContinuousEvaluation::Disabled => "disabled",
        ContinuousEvaluation::Strict => "strictEnforcement",
    }
}

impl SessionControls {
    /// Reads session controls.
    pub(super) fn read(object: Object<'_>) -> Self {
        let off = [
            ("applicationEnforcedRestrictions", "applications here do not ask what a session may do"),
            ("cloudAppSecurity", "no proxy for applications is connected"),
            ("globalSecureAccessFilteringProfile", "no network traffic passes this server"),
        ];
        for (name, why) in off {
            let Some(field) = object.take(name) else { continue };
            let Some(control) = field.object() else { continue };
            if control.take("isEnabled").and_then(|it| it.bool()) != Some(false) {
                field.flaw(Flaw::NotEnforced(why));
            }
        }
        if let Some(field) = object.take("disableResilienceDefaults")
            && field.bool() == Some(false)
        {
            let why = "what cannot be evaluated is never granted here, so it can only be true or left out";
            field.flaw(Flaw::NotEnforced(why));
        }
        let of = |name| object.take(name).and_then(|it| it.object());
        let (frequency, second_factor_only) = of("signInFrequency").map(frequency).unwrap_or_default();
        let controls = Self {
            frequency,
            second_factor_only,
            persistent_browser: of("persistentBrowser").and_then(persistent_browser),
            token_protection: of("secureSignInSession").is_some_and(|control| {
                let enabled = control.need("isEnabled").and_then(|it| it.bool());
                control.finish();
                enabled == Some(true)
            }),
            continuous_evaluation: object
                .take("continuousAccessEvaluation")
                .and_then(|it| continuous_evaluation(&it.object()?)),
            no_resilience_defaults: object.take("disableResilienceDefaults").is_some(),
        };
        object.finish();
        controls
    }

    /// The session controls as Graph shows them; null if there are none.
    pub(super) fn to_graph(self, version: Version) -> Value {
        if self.is_empty() && !self.no_resilience_defaults {
            return Value::Null;
        }
        let authentication = if self.second_factor_only {
            "secondaryAuthentication"
        } else {
            "primaryAndSecondaryAuthentication"
        };
        let frequency = self.frequency.map(|frequency| {
            let (value, unit, interval) = match frequency {
                Frequency::Hours(n) => (Some(n), Some("hours"), "timeBased"),
                Frequency::Days(n) => (Some(n), Some("days"), "timeBased"),
                Frequency::EveryTime => (None, None, "everyTime"),
            };
            json!({
                "value": value, "type": unit, "authenticationType": authentication,
                "frequencyInterval": interval, "isEnabled": true,
            })
        });
        let mut controls = json!({
            "disableResilienceDefaults": self.no_resilience_defaults.then_some(true),
            "applicationEnforcedRestrictions": null,
            "cloudAppSecurity": null,
            "signInFrequency": frequency,
            "persistentBrowser": self.persistent_browser.map(|it| json!({ "mode": mode_name(it), "isEnabled": true })),
        });
        if version == Version::Beta {
            controls["secureSignInSession"] =
                json!(self.token_protection.then(|| json!({ "isEnabled": true })));
            controls["continuousAccessEvaluation"] =
                json!(self.continuous_evaluation.map(|it| json!({ "mode": evaluation_name(it) })));
        }
        controls
    }
}

fn frequency(object: Object<'_>) -> (Option<Frequency>, bool) {
    let enabled = object.need("isEnabled").and_then(|it| it.bool()) == Some(true);
    let every_time = object
        .take("frequencyInterval")
        .and_then(|it| it.choice(&[true, false], |every| if every { "everyTime" } else { "timeBased" }));
    let second_only = object.take("authenticationType").and_then(|it| {
        it.choice(&[true, false], |second| {
            if second { "secondaryAuthentication" } else { "primaryAndSecondaryAuthentication" }
        })
    });
    let days = |field: Field<'_>| field.choice(&[true, false], |days| if days { "days" } else { "hours" });
    let frequency = match (enabled, every_time) {
        (true, Some(true)) => {
            if object.take("value").is_some() || object.take("type").is_some() {
                object.flaw("value", Flaw::Contradiction("everyTime has no number of hours or days"));
            }
            Some(Frequency::EveryTime)
        }
        (true, _) => match object.need("type").and_then(days) {
            Some(true) => object.need("value").and_then(|it| it.number(1..=365)).map(Frequency::Days),
            Some(false) => object.need("value").and_then(|it| it.number(1..=8760)).map(Frequency::Hours),
            None => None,
        },
        (false, _) => {
            object.pass(&["value", "type"]);
            None
        }
    };
    object.finish();
    (frequency, frequency.is_some() && second_only == Some(true))
}

fn persistent_browser(object: Object<'_>) -> Option<PersistentBrowser> {
    let enabled = object.need("isEnabled").and_then(|it| it.bool()) == Some(true);
    let modes = [PersistentBrowser::Always, PersistentBrowser::Never];
    let field = if enabled { object.need("mode") } else { object.take("mode") };
    let mode = field.and_then(|it| it.choice(&modes, mode_name));
    object.finish();
    mode.filter(|_| enabled)
}

fn continuous_evaluation(object: &Object<'_>) -> Option<ContinuousEvaluation> {
    let field = object.need("mode")?;
    if field.text() == Some("strictLocation") {
        let why = "resources do not tell this server from where they are used, so it cannot be asked at each use; \
                   strictEnforcement asks at each token";
        field.flaw(Flaw::NotEnforced(why));
        return None;
    }
    field.choice(&[ContinuousEvaluation::Disabled, ContinuousEvaluation::Strict], evaluation_name)
}

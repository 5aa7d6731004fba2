//! `admin policy access`.

use super::api::{Api, equals, segment};
use super::policy::File;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// Beta shows every session control, so that what is shown can be sent back whole.
const POLICIES: &str = "/beta/identity/conditionalAccess/policies";
const EVALUATE: &str = "/beta/identity/conditionalAccess/evaluate";
const DELETED: &str = "/beta/identity/conditionalAccess/deletedItems/policies";

const LISTED: &[Column] = &[
    ("ID", &["/id"]),
    ("STATE", &["/state"]),
    ("NAME", &["/displayName"]),
    ("CHANGED", &["/modifiedDateTime", "/createdDateTime"]),
];

const GONE: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("DELETED", &["/deletedDateTime"]),
    ("BY", &["/author"]),
    ("VERSION", &["/version"]),
];

const VERSIONS: &[Column] = &[
    ("VERSION", &["/version"]),
    ("TIME", &["/createdDateTime"]),
    ("AUTHOR", &["/author"]),
    ("DELETED", &["/isDeleted"]),
    ("CHANGED", &["/summary"]),
];

const SAID: &[Column] = &[
    ("POLICY", &["/displayName"]),
    ("APPLIES", &["/policyApplies"]),
    ("WHY", &["/analysisReasons"]),
    ("RESULT", &["/passband_result"]),
    ("AT BEST", &["/passband_bestResult"]),
];

const TOUCHED: &[Column] = &[
    ("TIME", &["/createdDateTime"]),
    ("USER", &["/userPrincipalName"]),
    ("APP", &["/appDisplayName"]),
    ("NOW", &["/now"]),
    ("THEN", &["/then"]),
    ("BECAUSE", &["/because"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum AccessCommand {
    /// List the policies
    #[command(
        after_help = "Examples:\n  passband admin policy access list\n  passband admin policy access list --deleted"
    )]
    List {
        /// Those that were deleted and can be restored with `rollback`
        #[arg(long)]
        deleted: bool,
    },
    /// Show a policy; with --output json as a file for `create`, `update` and `replay`
    #[command(
        after_help = "Examples:\n  passband admin policy access show 'Admins: phishing-resistant' --output json > admins.json"
    )]
    Show(Which),
    /// Add a policy from a file, also one that was exported from Microsoft Graph
    #[command(after_help = "Examples:\n  passband admin policy access create admins.json")]
    Create {
        #[command(flatten)]
        file: File,
        #[command(flatten)]
        force: Force,
    },
    /// Change a policy: each property of the file replaces its own. A file made by `show` is refused if somebody else
    /// has changed the policy since
    #[command(
        after_help = "Examples:\n  passband admin policy access update 'Admins: phishing-resistant' admins.json"
    )]
    Update {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        file: File,
        #[command(flatten)]
        force: Force,
    },
    /// Delete a policy; it can be restored with `rollback`
    #[command(after_help = "Examples:\n  passband admin policy access delete 'Admins: phishing-resistant'")]
    Delete(Which),
    /// Enforce a policy
    #[command(after_help = "Examples:\n  passband admin policy access enable 'Admins: phishing-resistant'")]
    Enable {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        force: Force,
    },
    /// Switch a policy off
    #[command(after_help = "Examples:\n  passband admin policy access disable 'Admins: phishing-resistant'")]
    Disable(Which),
    /// Let a policy report what it would do, and do nothing
    #[command(
        after_help = "Examples:\n  passband admin policy access report-only 'Admins: phishing-resistant'"
    )]
    ReportOnly(Which),
    /// List the versions of a policy: who changed what, and when
    #[command(after_help = "Examples:\n  passband admin policy access history 'Admins: phishing-resistant'")]
    History(Which),
    /// Put a version of before back into force, also of a policy that was deleted (by its id)
    #[command(
        after_help = "Examples:\n  passband admin policy access rollback 'Admins: phishing-resistant' 3"
    )]
    Rollback {
        #[command(flatten)]
        which: Which,
        /// A number of `history`
        number: u32,
        #[command(flatten)]
        force: Force,
    },
    /// Say what the policies would make of a sign-in; what is not told counts as not known. Exit code 1 if it would, at
    /// worst, not be allowed
    #[command(
        after_help = "Examples:\n  passband admin policy access what-if ada@example.com --app 8e3d5219-6b1f-4d0c-a754-2f9c61d048b2 --set clientAppType=browser --set devicePlatform=windows --set ipAddress=192.0.2.1\n  passband admin policy access what-if ada@example.com --app MicrosoftAdminPortals --set passband_passkeyType=synced --set passband_isDeviceRegistered=false"
    )]
    WhatIf(WhatIf),
    /// Try a change on the sign-in log: whom would it have touched? Exit code 1 if it would lock every administrator out
    #[command(
        after_help = "Examples:\n  passband admin policy access replay admins.json --days 30\n  passband admin policy access replay --enable 'Admins: phishing-resistant'\n  passband admin policy access replay --remove 'Admins: phishing-resistant'"
    )]
    Replay(Replay),
}

/// A policy.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Id or name
    policy: String,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Force {
    /// Change it even if no Global Administrator could get to the console then
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct WhatIf {
    /// Id or userPrincipalName
    user: String,
    /// What they ask for: the id of an application, MicrosoftAdminPortals, registerSecurityInformation or
    /// registerOrJoinDevices
    #[arg(long, value_name = "APP")]
    app: String,
    /// A member of signInConditions; more than once for more. `deviceInfo.isCompliant=true` reaches inside
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, Value)>,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The policy: whole, or with the id of one that is there and what is to change; - reads from standard input
    #[arg(required_unless_present_any = ["enable", "remove"])]
    file: Option<std::path::PathBuf>,
    /// Try this policy as if it were enforced
    #[arg(long, value_name = "POLICY", conflicts_with = "file")]
    enable: Option<String>,
    /// Try without this policy
    #[arg(long, value_name = "POLICY")]
    remove: Option<String>,
    /// How many days of the log, 1 to 365
    #[arg(long, default_value_t = 7)]
    days: u32,
}

/// `name=value`; what reads as true, false or a number is one.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    let plain = match value.parse::<u32>() {
        _ if matches!(value, "true" | "false") => (value == "true").into(),
        Ok(number) => number.into(),
        Err(_) => value.into(),
    };
    Ok((name.to_owned(), plain))
}

pub(super) async fn run(command: AccessCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        AccessCommand::List { deleted: false } => {
            out.list(&api.list(POLICIES, None, usize::MAX).await?, LISTED, "There are no policies.");
        }
        AccessCommand::List { deleted: true } => {
            out.list(&api.list(DELETED, None, usize::MAX).await?, GONE, "No policy was deleted.");
        }
        AccessCommand::Show(which) => {
            let mut policy = api.get(&which.place(api).await?, &[]).await?;
            if let Some(members) = policy.as_object_mut() {
                members.remove("@odata.context");
            }
            out.object(&policy);
        }
        AccessCommand::Create { file, force } => {
            out.object(&api.post(POLICIES, &force.with(file.read()?)).await?);
        }
        AccessCommand::Update { which, file, force } => {
            let place = which.place(api).await?;
            api.patch(&place, &force.with(file.read()?)).await?;
            out.say(&format!("{} is changed", which.policy), &json!({ "changed": which.policy }));
        }
        AccessCommand::Delete(which) => {
            api.delete(&which.place(api).await?).await?;
            out.say(&format!("{} is deleted", which.policy), &json!({ "deleted": which.policy }));
        }
        AccessCommand::Enable { which, force } => state(api, out, (&which, "enabled", force)).await?,
        AccessCommand::Disable(which) => {
            state(api, out, (&which, "disabled", Force { force: false })).await?;
        }
        AccessCommand::ReportOnly(which) => {
            let to = "enabledForReportingButNotEnforced";
            state(api, out, (&which, to, Force { force: false })).await?;
        }
        AccessCommand::History(which) => {
            let place = format!("{}/passband_versions", which.place(api).await?);
            out.list(&api.list(&place, None, usize::MAX).await?, VERSIONS, "There are no versions.");
        }
        AccessCommand::Rollback { which, number, force } => {
            let place = format!("{}/passband_rollback", which.place(api).await?);
            let answer = api.post(&place, &force.with(json!({ "version": number }))).await?;
            let line =
                format!("{} is as in version {number}, under number {}", which.policy, answer["version"]);
            out.say(&line, &answer);
        }
        AccessCommand::WhatIf(asked) => return what_if(asked, api, out).await,
        AccessCommand::Replay(asked) => return replay(asked, api, out).await,
    }
    Ok(())
}

impl Force {
    fn with(self, mut body: Value) -> Value {
        if self.force {
            body["passband_force"] = true.into();
        }
        body
    }
}

impl Which {
    /// The address of the policy.
    async fn place(&self, api: &Api) -> Result<String, Failure> {
        Ok(format!("{POLICIES}/{}", segment(&id(api, &self.policy).await?)?))
    }
}

/// The id of a policy that is named by id or by name.
async fn id(api: &Api, policy: &str) -> Result<String, Failure> {
    if policy.parse::<passband_core::id::AccessPolicyId>().is_ok() {
        return Ok(policy.to_owned());
    }
    let found = api.list(POLICIES, Some(&equals("displayName", policy)), 2).await?;
    match found.as_slice() {
        [one] => Ok(one["id"].as_str().unwrap_or_default().to_owned()),
        [] => Err(Failure::no("noSuchPolicy", format!("there is no policy of the name {policy}"))),
        _ => Err(Failure::no("notUnique", format!("several policies have the name {policy}; give an id"))),
    }
}

async fn state(api: &Api, out: &Output, (which, to, force): (&Which, &str, Force)) -> Result<(), Failure> {
    api.patch(&which.place(api).await?, &force.with(json!({ "state": to }))).await?;
    out.say(&format!("{} is {to}", which.policy), &json!({ "changed": which.policy, "state": to }));
    Ok(())
}

async fn what_if(asked: WhatIf, api: &Api, out: &Output) -> Result<(), Failure> {
    let person = api.get(&format!("/v1.0/users/{}", segment(&asked.user)?), &[]).await?;
    let context = if asked.app.starts_with("register") {
        json!({ "@odata.type": "#microsoft.graph.userActionContext", "userAction": asked.app })
    } else {
        json!({
            "@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [asked.app],
        })
    };
    let mut conditions = Map::new();
    for (name, value) in asked.set {
        match name.split_once('.') {
            Some((outer, inner)) => {
                conditions.entry(outer).or_insert_with(|| json!({}))[inner] = value;
            }
            None => {
                conditions.insert(name, value);
            }
        }
    }
    let body = json!({
        "signInIdentity": { "@odata.type": "#microsoft.graph.userSignIn", "userId": person["id"] },
        "signInContext": context,
        "signInConditions": conditions,
    });
    let answer = api.post(EVALUATE, &body).await?;
    let rows = answer["value"].as_array().cloned().unwrap_or_default();
    out.report(&answer, &rows, (SAID, "There are no policies."));
    let decision = &answer["passband_decision"];
    let text = |name: &str| decision[name].as_str().unwrap_or_default();
    let (worst, best) = (text("outcome"), text("bestOutcome"));
    out.note(&if worst == best {
        format!("It would be {worst}.")
    } else {
        format!("At worst it would be {worst}, at best {best}: not everything was told.")
    });
    for remedy in decision["whatWouldLetThemIn"].as_array().into_iter().flatten() {
        out.note(remedy.as_str().unwrap_or_default());
    }
    match worst {
        "allowed" => Ok(()),
        _ => Err(Failure::no("notAllowed", format!("at worst it would be {worst}"))),
    }
}

async fn replay(asked: Replay, api: &Api, out: &Output) -> Result<(), Failure> {
    let mut body = json!({ "days": asked.days });
    if let Some(file) = asked.file {
        body["policy"] = File::of(file).read()?;
    }
    if let Some(policy) = &asked.enable {
        body["policy"] = json!({ "id": id(api, policy).await?, "state": "enabled" });
    }
    if let Some(policy) = &asked.remove {
        body["remove"] = json!([id(api, policy).await?]);
    }
    let answer = api.post(&format!("{POLICIES}/passband_replay"), &body).await?;
    let lists = ["refused", "prompted", "allowed"];
    let rows = lists.iter().flat_map(|list| answer[*list].as_array().cloned().unwrap_or_default());
    let rows: Vec<_> = rows.collect();
    out.report(&answer, &rows, (TOUCHED, "No sign-in would have ended otherwise."));
    let count = |name: &str| answer[name].as_u64().unwrap_or(0);
    out.note(&format!(
        "Of {} sign-ins: {} would be refused, {} would ask for a sign-in, {} would be allowed; {} people.",
        count("signIns"),
        count("refusedCount"),
        count("promptedCount"),
        count("allowedCount"),
        count("peopleCount"),
    ));
    if answer["isComplete"] != true {
        out.note("The log is longer than what is tried at once; these are the newest.");
    }
    if answer["leavesNoAdministrator"] == true {
        return Err(Failure::no("locksOut", "no Global Administrator could get to the console any more"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_has_the_kind_it_reads_as() {
        assert_eq!(pair("a=true").unwrap(), ("a".to_owned(), json!(true)));
        assert_eq!(pair("a=30").unwrap().1, json!(30));
        assert_eq!(pair("ipAddress=192.0.2.1").unwrap().1, json!("192.0.2.1"));
        assert_eq!(pair("a=b=c").unwrap().1, json!("b=c"));
        pair("a").unwrap_err();
    }
}

//! Applications and the names under which tokens for them are asked for: how they are written.

use crate::row::Args;
use crate::statement::{Statement, any, one};
use passband_core::change::Conflict;
use passband_core::directory::App;

pub(crate) fn insert(app: &App) -> Vec<Statement> {
    let insert = one(
        "INSERT INTO apps (id, name, redirect_uris, logout_uris, identifier_uris, secret_hash, enabled, created, \
         backchannel_logout_uri) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(app.id.as_bytes())
            .text(&app.name)
            .list(&app.redirect_uris)
            .list(&app.logout_uris)
            .list(&app.identifier_uris)
            .opt_blob(app.secret_hash.as_ref().map(|h| h.as_slice()))
            .int(app.enabled)
            .at(app.created)
            .opt_text(app.backchannel_logout_uri.as_deref()),
        Conflict::Duplicate,
    );
    std::iter::once(insert).chain(insert_uris(app)).collect()
}

fn insert_uris(app: &App) -> impl Iterator<Item = Statement> {
    app.identifier_uris.iter().map(|uri| {
        one(
            "INSERT INTO app_uris (uri, app_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            Args::new().text(uri).blob(app.id.as_bytes()),
            Conflict::Duplicate,
        )
    })
}

pub(crate) fn update(app: &App) -> Vec<Statement> {
    let update = one(
        "UPDATE apps SET name = $1, redirect_uris = $2, logout_uris = $3, identifier_uris = $4, \
         secret_hash = $5, enabled = $6, created = $7, backchannel_logout_uri = $8 WHERE id = $9",
        Args::new()
            .text(&app.name)
            .list(&app.redirect_uris)
            .list(&app.logout_uris)
            .list(&app.identifier_uris)
            .opt_blob(app.secret_hash.as_ref().map(|h| h.as_slice()))
            .int(app.enabled)
            .at(app.created)
            .opt_text(app.backchannel_logout_uri.as_deref())
            .blob(app.id.as_bytes()),
        Conflict::Stale,
    );
    let forget = any("DELETE FROM app_uris WHERE app_id = $1", Args::new().blob(app.id.as_bytes()));
    [update, forget].into_iter().chain(insert_uris(app)).collect()
}

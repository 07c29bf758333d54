//! Numbered, forward only, embedded. The number of the last one applied is SQLite's `user_version`.

use crate::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Every migration in its order; its number is its place, counted from 1. One that was ever released is
/// never changed again. The program before the newest one must still run: expand first, contract later.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_answers.sql")];

/// Marks a file as a ledger: "CCLG" as SQLite's application id.
const APPLICATION_ID: i64 = 0x4343_4C47;

/// Brings the ledger to the schema of this version. Two processes may try at once: one waits.
pub(crate) fn apply(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sqlite(path, error);
    if version_of(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Asked again: another process may have migrated while this one waited for its turn.
    for (migration, number) in MIGRATIONS
        .iter()
        .zip(1_usize..)
        .skip(version_of(&transaction, path)?)
    {
        transaction.execute_batch(migration).map_err(failed)?;
        transaction
            .pragma_update(None, "user_version", number as i64)
            .map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// How many migrations the ledger has seen.
fn version_of(connection: &Connection, path: &Path) -> Result<usize, StoreError> {
    // In one statement, because another process may be making the ledger at this very moment.
    let (application_id, version, tables): (i64, i64, i64) = connection
        .query_row(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(|error| StoreError::sqlite(path, error))?;
    if application_id != APPLICATION_ID && (application_id != 0 || version != 0 || tables != 0) {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let known = MIGRATIONS.len();
    match usize::try_from(version) {
        Ok(found) if found <= known => Ok(found),
        _ => Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known,
        }),
    }
}

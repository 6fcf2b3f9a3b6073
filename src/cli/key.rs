use std::process::ExitCode;

use clap::Args;
use pathwright_api::job::hex;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use crate::config::Role;

#[derive(Args)]
pub(super) struct Options {
    /// What the key may do.
    #[arg(long, value_enum)]
    role: Role,
    /// How reviews made with it are signed.
    #[arg(long, default_value = "unnamed")]
    name: String,
    /// The user a learner's key acts for.
    #[arg(long, required_if_eq("role", "learner"))]
    user: Option<String>,
}

/// The key is printed once and kept nowhere; the configuration holds its hash.
pub(super) fn run(options: &Options) -> ExitCode {
    let mut bytes = [0u8; 32];
    if let Err(error) = OsRng.try_fill_bytes(&mut bytes) {
        super::complain(&format!("this machine gives no random numbers: {error}"));
        return ExitCode::from(super::FAILED);
    }
    let key = format!("pw_{}", hex(&bytes));
    let role = format!("{:?}", options.role).to_lowercase();
    super::print(&format!("key, shown only now: {key}\n\nfor pathwright.toml:\n"));
    super::print(&format!(
        "[[auth.keys]]\nname = {:?}\nsha256 = \"{}\"\nrole = \"{role}\"",
        options.name,
        hex(&Sha256::digest(&key))
    ));
    if let Some(user) = options.user.as_deref().filter(|_| options.role == Role::Learner) {
        super::print(&format!("user = {user:?}"));
    }
    ExitCode::SUCCESS
}

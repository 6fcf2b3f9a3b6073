use async_graphql::Context;
use pathwright_api::{ErrorCode, Failure};

use crate::config::Role;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody on this machine, while no keys are configured: an administrator.
    Local,
    /// The holder of an API key.
    Key { name: String, role: Role, user: Option<String> },
}

impl Principal {
    /// How reviews are signed.
    pub fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Key { name, .. } => name,
        }
    }

    /// The learner a key acts for.
    pub fn own_user(&self) -> Option<&str> {
        match self {
            Self::Local => None,
            Self::Key { user, .. } => user.as_deref(),
        }
    }

    /// Reading and changing what belongs to a user.
    pub fn for_user(&self, id: &str) -> Result<(), Failure> {
        match self.own_user() {
            Some(own) if own != id => Err(forbidden("this key acts for another user")),
            _ => Ok(()),
        }
    }

    /// Changing what belongs to everyone.
    pub fn as_admin(&self) -> Result<(), Failure> {
        match self {
            Self::Local | Self::Key { role: Role::Admin, .. } => Ok(()),
            Self::Key { .. } => Err(forbidden("this needs an administrator's key")),
        }
    }

    /// Looking at how the server does.
    pub fn as_operator(&self) -> Result<(), Failure> {
        match self {
            Self::Key { role: Role::Learner, .. } => Err(forbidden("this needs an administrator's or a service's key")),
            _ => Ok(()),
        }
    }
}

fn forbidden(why: &str) -> Failure {
    Failure::new(ErrorCode::Forbidden, why)
}

/// The principal of the request; the transport always sets one.
pub(super) fn principal<'c>(ctx: &'c Context<'_>) -> Result<&'c Principal, Failure> {
    ctx.data_opt::<Principal>().ok_or_else(|| Failure::new(ErrorCode::Unauthenticated, "the request has no principal"))
}

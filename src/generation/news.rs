use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};

/// How long a watcher trusts the news before it looks for itself: news from other processes can get lost.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Tells which generation has changed; what changed stands in the table.
pub(super) struct News(broadcast::Sender<String>);

impl News {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(1_024).0)
    }

    /// Nobody listening is fine.
    pub(super) fn announce(&self, id: &str) {
        let _ = self.0.send(id.to_owned());
    }

    pub(super) fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

pub(super) struct Listener(broadcast::Receiver<String>);

impl Listener {
    /// Returns when there may be something new about the generation.
    pub(super) async fn about(&mut self, id: &str) {
        let heard = async {
            loop {
                match self.0.recv().await {
                    Ok(changed) if changed == id => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let _ = tokio::time::timeout(LOOK_AGAIN, heard).await;
    }
}

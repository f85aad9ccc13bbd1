//! Open stores by number, for all threads of the process.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use centaurmq_store::ingest::{HotPathIdentity, PullTable};
use centaurmq_store::metadata::Metadata;
use centaurmq_store::{Arrival, Store};

use crate::error::{Result, invalid_argument};

/// Numbers are never used again, so that a late call for a closed store cannot reach another one.
static STORES: RwLock<Vec<Option<Arc<OpenStore>>>> = RwLock::new(Vec::new());

/// What a number stands for.
#[derive(Debug)]
pub struct OpenStore {
    pub store: Store,
    pub metadata: Metadata,
    pub pulls: PullTable,
    /// None before `configure`.
    identity: RwLock<Option<Arc<HotPathIdentity>>>,
    /// Taken from the store, not yet handed over.
    arrivals: Mutex<Vec<Arrival>>,
}

impl OpenStore {
    pub fn new(store: Store, metadata: Metadata) -> Self {
        let (identity, arrivals) = (RwLock::new(None), Mutex::default());
        Self { store, metadata, pulls: PullTable::default(), identity, arrivals }
    }

    pub fn set_identity(&self, identity: HotPathIdentity) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(identity));
    }

    /// Hands over as many arrivals as there are places; the others wait for the next call.
    pub fn take_arrivals(&self, places: &mut [[u32; 2]]) -> usize {
        let mut waiting = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.take_arrivals(&mut waiting);
        let taken = waiting.len().min(places.len());
        for (place, arrival) in places.iter_mut().zip(waiting.drain(..taken)) {
            *place = [arrival.topic, arrival.queue_id];
        }
        taken
    }

    pub fn identity(&self) -> Result<Arc<HotPathIdentity>> {
        let identity = self.identity.read().unwrap_or_else(PoisonError::into_inner);
        identity.clone().ok_or_else(|| invalid_argument("call configure before appending to the store"))
    }
}

pub fn add(store: OpenStore) -> u32 {
    let mut stores = STORES.write().unwrap_or_else(PoisonError::into_inner);
    stores.push(Some(Arc::new(store)));
    u32::try_from(stores.len() - 1).unwrap_or(u32::MAX)
}

pub fn get(store: u32) -> Result<Arc<OpenStore>> {
    let stores = STORES.read().unwrap_or_else(PoisonError::into_inner);
    stores.get(store as usize).cloned().flatten().ok_or_else(|| not_open(store))
}

/// Takes the store out; calls that are under way keep it alive until they return.
pub fn remove(store: u32) -> Result<Arc<OpenStore>> {
    let mut stores = STORES.write().unwrap_or_else(PoisonError::into_inner);
    stores.get_mut(store as usize).and_then(Option::take).ok_or_else(|| not_open(store))
}

fn not_open(store: u32) -> napi::Error<crate::error::ErrorCode> {
    invalid_argument(format!("store {store} is not open in this process"))
}

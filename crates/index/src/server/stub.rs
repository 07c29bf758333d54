//! A Qdrant server in memory, over gRPC on a port of its own: as much of one as loading asks for.
//!
//! It knows collections with metadata, aliases, points and filters, and answers as Qdrant does where this
//! room depends on the answer. It ranks nothing.

use super::collections::Server;
use super::lock::Rhythm;
use crate::ServerConfig;
use ::qdrant_client::Payload;
use ::qdrant_client::qdrant::alias_operations::Action;
use ::qdrant_client::qdrant::collections_server::{Collections, CollectionsServer};
use ::qdrant_client::qdrant::condition::ConditionOneOf;
use ::qdrant_client::qdrant::r#match::MatchValue;
use ::qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use ::qdrant_client::qdrant::points_server::{Points, PointsServer};
use ::qdrant_client::qdrant::vectors::VectorsOptions;
use ::qdrant_client::qdrant::with_payload_selector::SelectorOptions;
use ::qdrant_client::qdrant::*;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// The server's memory, and whether it lets changes of collections wait for ever.
#[derive(Clone, Default)]
pub(super) struct Stub(Arc<Mutex<State>>, Arc<AtomicBool>);

#[derive(Default)]
struct State {
    collections: BTreeMap<String, Collection>,
    aliases: BTreeMap<String, String>,
}

#[derive(Default)]
struct Collection {
    metadata: HashMap<String, Value>,
    points: BTreeMap<String, PointStruct>,
}

impl Stub {
    /// Starts one, and says how it is reached.
    pub async fn start() -> (Self, ServerConfig) {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let config = ServerConfig {
            url: format!("http://{}", socket.local_addr().expect("its address")),
            backoff_ms: 1,
            ..ServerConfig::default()
        };
        let stub = Self::default();
        let serving = tonic::transport::Server::builder()
            .add_service(CollectionsServer::new(stub.clone()))
            .add_service(PointsServer::new(stub.clone()))
            .serve_with_incoming(TcpIncoming::from(socket));
        tokio::spawn(serving);
        (stub, config)
    }

    /// Starts one, and connects to it with a quick heart.
    pub async fn connected() -> (Self, Server) {
        let (stub, config) = Self::start().await;
        let mut server = Server::new(&config, config.load_timeout_ms).expect("a possible configuration");
        server.rhythm = quick();
        (stub, server)
    }

    /// Names of its collections.
    pub fn names(&self) -> Vec<String> {
        self.state().collections.keys().cloned().collect()
    }

    /// The name of the one collection that there is.
    pub fn only(&self) -> String {
        let mut names = self.names();
        assert_eq!(names.len(), 1, "{names:?}");
        names.remove(0)
    }

    /// Loses the aliases, as when collections are restored from snapshots.
    pub fn lose_aliases(&self) {
        self.state().aliases.clear();
    }

    /// Lets every change of a collection's metadata that arrives from now on wait for ever, or no more.
    pub fn hang(&self, hangs: bool) {
        self.1.store(hangs, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A heart that a test can wait for.
pub(super) fn quick() -> Rhythm {
    Rhythm {
        beat: Duration::from_millis(50),
        patience: Duration::from_secs(1),
    }
}

impl State {
    fn find(&mut self, name: &str) -> Result<&mut Collection, Status> {
        let name = self.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned());
        self.collections
            .get_mut(&name)
            .ok_or_else(|| Status::not_found(format!("Not found: Collection `{name}` doesn't exist!")))
    }

    fn change_alias(&mut self, action: Action) -> Result<(), Status> {
        match action {
            Action::CreateAlias(CreateAlias {
                collection_name,
                alias_name,
            }) => {
                self.find(&collection_name)?;
                self.aliases.insert(alias_name, collection_name);
                Ok(())
            }
            _ => Err(Status::unimplemented(
                "the stub only points aliases to collections",
            )),
        }
    }
}

impl Collection {
    fn chosen(&self, selector: Option<PointsSelector>) -> Vec<String> {
        match selector.and_then(|selector| selector.points_selector_one_of) {
            Some(PointsSelectorOneOf::Points(list)) => list.ids.iter().map(uuid_of).collect(),
            Some(PointsSelectorOneOf::Filter(filter)) => self.passing(&filter),
            None => Vec::new(),
        }
    }

    fn passing(&self, filter: &Filter) -> Vec<String> {
        let passing = self.points.iter().filter(|(_, point)| passes(point, filter));
        passing.map(|(id, _)| id.clone()).collect()
    }
}

fn uuid_of(id: &PointId) -> String {
    match &id.point_id_options {
        Some(point_id::PointIdOptions::Uuid(uuid)) => uuid.clone(),
        other => panic!("passages have UUIDs, not {other:?}"),
    }
}

fn passes(point: &PointStruct, filter: &Filter) -> bool {
    let holds = |condition: &Condition| holds(point, condition);
    filter.must.iter().all(holds)
        && !filter.must_not.iter().any(holds)
        && (filter.should.is_empty() || filter.should.iter().any(holds))
}

fn holds(point: &PointStruct, condition: &Condition) -> bool {
    match &condition.condition_one_of {
        Some(ConditionOneOf::HasId(ids)) => {
            let own = point.id.as_ref().map(uuid_of);
            ids.has_id.iter().any(|id| Some(uuid_of(id)) == own)
        }
        Some(ConditionOneOf::Filter(filter)) => passes(point, filter),
        Some(ConditionOneOf::Field(field)) => field_holds(point, field),
        other => panic!("the stub does not know the condition {other:?}"),
    }
}

fn field_holds(point: &PointStruct, field: &FieldCondition) -> bool {
    let fields = serde_json::Map::from(Payload::from(point.payload.clone()));
    let values = match fields.get(&field.key) {
        None => return false,
        Some(serde_json::Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
    };
    let wanted = field
        .r#match
        .as_ref()
        .and_then(|wanted| wanted.match_value.as_ref());
    values
        .iter()
        .any(|value| match (wanted, &field.range, value.as_f64()) {
            (Some(MatchValue::Keywords(words)), _, _) => value
                .as_str()
                .is_some_and(|word| words.strings.iter().any(|known| known == word)),
            (None, Some(range), Some(number)) => {
                range.lte.is_none_or(|most| number <= most) && range.gte.is_none_or(|least| number >= least)
            }
            other => panic!("the stub does not know how to match {other:?}"),
        })
}

fn retrieved(point: &PointStruct, payload: &Option<WithPayloadSelector>, vectors: bool) -> RetrievedPoint {
    let mut fields = point.payload.clone();
    match payload
        .as_ref()
        .and_then(|selector| selector.selector_options.as_ref())
    {
        Some(SelectorOptions::Enable(true)) => {}
        Some(SelectorOptions::Include(wanted)) => fields.retain(|name, _| wanted.fields.contains(name)),
        _ => fields.clear(),
    }
    RetrievedPoint {
        id: point.id.clone(),
        payload: fields,
        vectors: vectors.then(|| output(point.vectors.clone())),
        ..RetrievedPoint::default()
    }
}

fn output(vectors: Option<Vectors>) -> VectorsOutput {
    let Some(VectorsOptions::Vectors(named)) = vectors.and_then(|vectors| vectors.vectors_options) else {
        panic!("vectors are named");
    };
    let vectors = named.vectors.into_iter().map(|(name, vector)| {
        let vector = match vector.vector {
            Some(vector::Vector::Dense(dense)) => vector_output::Vector::Dense(dense),
            Some(vector::Vector::Sparse(sparse)) => vector_output::Vector::Sparse(sparse),
            other => panic!("the stub does not know the vector {other:?}"),
        };
        let output = VectorOutput {
            vector: Some(vector),
            ..VectorOutput::default()
        };
        (name, output)
    });
    VectorsOutput {
        vectors_options: Some(vectors_output::VectorsOptions::Vectors(NamedVectorsOutput {
            vectors: vectors.collect(),
        })),
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn done() -> Answer<CollectionOperationResponse> {
    Ok(Response::new(CollectionOperationResponse {
        result: true,
        ..CollectionOperationResponse::default()
    }))
}

fn written() -> Answer<PointsOperationResponse> {
    Ok(Response::new(PointsOperationResponse::default()))
}

/// Methods that nobody asks for, written out as `async_trait` does.
macro_rules! unasked {
    ($($method:ident($request:ty) -> $response:ty;)+) => {
        $(
            fn $method<'a, 'async_trait>(
                &'a self,
                _: Request<$request>,
            ) -> Pin<Box<dyn Future<Output = Answer<$response>> + Send + 'async_trait>>
            where
                'a: 'async_trait,
                Self: 'async_trait,
            {
                Box::pin(async { Err(Status::unimplemented(stringify!($method))) })
            }
        )+
    };
}

#[tonic::async_trait]
impl Collections for Stub {
    async fn get(&self, request: Request<GetCollectionInfoRequest>) -> Answer<GetCollectionInfoResponse> {
        let mut state = self.state();
        let collection = state.find(&request.into_inner().collection_name)?;
        let info = CollectionInfo {
            status: CollectionStatus::Green.into(),
            config: Some(CollectionConfig {
                metadata: collection.metadata.clone(),
                ..CollectionConfig::default()
            }),
            ..CollectionInfo::default()
        };
        Ok(Response::new(GetCollectionInfoResponse {
            result: Some(info),
            ..GetCollectionInfoResponse::default()
        }))
    }

    async fn list(&self, _: Request<ListCollectionsRequest>) -> Answer<ListCollectionsResponse> {
        let names = self.names().into_iter();
        Ok(Response::new(ListCollectionsResponse {
            collections: names.map(|name| CollectionDescription { name }).collect(),
            ..ListCollectionsResponse::default()
        }))
    }

    async fn create(&self, request: Request<CreateCollection>) -> Answer<CollectionOperationResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        if state.collections.contains_key(&request.collection_name) {
            let name = request.collection_name;
            return Err(Status::invalid_argument(format!(
                "Wrong input: Collection `{name}` already exists!"
            )));
        }
        let collection = Collection {
            metadata: request.metadata,
            ..Collection::default()
        };
        state.collections.insert(request.collection_name, collection);
        done()
    }

    async fn update(&self, request: Request<UpdateCollection>) -> Answer<CollectionOperationResponse> {
        if self.1.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let request = request.into_inner();
        let mut state = self.state();
        state
            .find(&request.collection_name)?
            .metadata
            .extend(request.metadata);
        done()
    }

    async fn delete(&self, request: Request<DeleteCollection>) -> Answer<CollectionOperationResponse> {
        let name = request.into_inner().collection_name;
        let mut state = self.state();
        state.collections.remove(&name);
        state.aliases.retain(|_, collection| *collection != name);
        done()
    }

    async fn update_aliases(&self, request: Request<ChangeAliases>) -> Answer<CollectionOperationResponse> {
        let actions = request.into_inner().actions.into_iter();
        let mut state = self.state();
        for action in actions.filter_map(|operation| operation.action) {
            state.change_alias(action)?;
        }
        done()
    }

    async fn list_aliases(&self, _: Request<ListAliasesRequest>) -> Answer<ListAliasesResponse> {
        let state = self.state();
        let aliases = state.aliases.iter().map(|(alias, collection)| AliasDescription {
            alias_name: alias.clone(),
            collection_name: collection.clone(),
        });
        Ok(Response::new(ListAliasesResponse {
            aliases: aliases.collect(),
            ..ListAliasesResponse::default()
        }))
    }

    unasked! {
        list_collection_aliases(ListCollectionAliasesRequest) -> ListAliasesResponse;
        collection_cluster_info(CollectionClusterInfoRequest) -> CollectionClusterInfoResponse;
        collection_exists(CollectionExistsRequest) -> CollectionExistsResponse;
        update_collection_cluster_setup(UpdateCollectionClusterSetupRequest) -> UpdateCollectionClusterSetupResponse;
        create_shard_key(CreateShardKeyRequest) -> CreateShardKeyResponse;
        delete_shard_key(DeleteShardKeyRequest) -> DeleteShardKeyResponse;
        list_shard_keys(ListShardKeysRequest) -> ListShardKeysResponse;
    }
}

#[tonic::async_trait]
impl Points for Stub {
    async fn upsert(&self, request: Request<UpsertPoints>) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        for point in request.points {
            let id = point.id.as_ref().map(uuid_of).unwrap_or_default();
            collection.points.insert(id, point);
        }
        written()
    }

    async fn delete(&self, request: Request<DeletePoints>) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        for id in collection.chosen(request.points) {
            collection.points.remove(&id);
        }
        written()
    }

    async fn set_payload(&self, request: Request<SetPayloadPoints>) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        for id in collection.chosen(request.points_selector) {
            if let Some(point) = collection.points.get_mut(&id) {
                point.payload.extend(request.payload.clone());
            }
        }
        written()
    }

    async fn create_field_index(
        &self,
        request: Request<CreateFieldIndexCollection>,
    ) -> Answer<PointsOperationResponse> {
        self.state().find(&request.into_inner().collection_name)?;
        written()
    }

    async fn get(&self, request: Request<GetPoints>) -> Answer<GetResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        let points = request
            .ids
            .iter()
            .filter_map(|id| collection.points.get(&uuid_of(id)));
        Ok(Response::new(GetResponse {
            result: points
                .map(|point| retrieved(point, &request.with_payload, false))
                .collect(),
            ..GetResponse::default()
        }))
    }

    async fn scroll(&self, request: Request<ScrollPoints>) -> Answer<ScrollResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        let after = request.offset.as_ref().map(uuid_of).unwrap_or_default();
        let filter = request.filter.unwrap_or_default();
        let mut passing = collection
            .points
            .range(after..)
            .filter(|(_, point)| passes(point, &filter));
        let with_vectors = request.with_vectors.is_some_and(|selector| {
            selector.selector_options == Some(with_vectors_selector::SelectorOptions::Enable(true))
        });
        let page = passing.by_ref().take(request.limit.unwrap_or(10) as usize);
        Ok(Response::new(ScrollResponse {
            result: page
                .map(|(_, point)| retrieved(point, &request.with_payload, with_vectors))
                .collect(),
            next_page_offset: passing.next().and_then(|(_, point)| point.id.clone()),
            ..ScrollResponse::default()
        }))
    }

    async fn count(&self, request: Request<CountPoints>) -> Answer<CountResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let collection = state.find(&request.collection_name)?;
        let count = collection.passing(&request.filter.unwrap_or_default()).len() as u64;
        Ok(Response::new(CountResponse {
            result: Some(CountResult { count }),
            ..CountResponse::default()
        }))
    }

    unasked! {
        update_vectors(UpdatePointVectors) -> PointsOperationResponse;
        delete_vectors(DeletePointVectors) -> PointsOperationResponse;
        overwrite_payload(SetPayloadPoints) -> PointsOperationResponse;
        delete_payload(DeletePayloadPoints) -> PointsOperationResponse;
        clear_payload(ClearPayloadPoints) -> PointsOperationResponse;
        delete_field_index(DeleteFieldIndexCollection) -> PointsOperationResponse;
        create_vector_name(CreateVectorNameRequest) -> PointsOperationResponse;
        delete_vector_name(DeleteVectorNameRequest) -> PointsOperationResponse;
        search(SearchPoints) -> SearchResponse;
        search_batch(SearchBatchPoints) -> SearchBatchResponse;
        search_groups(SearchPointGroups) -> SearchGroupsResponse;
        recommend(RecommendPoints) -> RecommendResponse;
        recommend_batch(RecommendBatchPoints) -> RecommendBatchResponse;
        recommend_groups(RecommendPointGroups) -> RecommendGroupsResponse;
        discover(DiscoverPoints) -> DiscoverResponse;
        discover_batch(DiscoverBatchPoints) -> DiscoverBatchResponse;
        update_batch(UpdateBatchPoints) -> UpdateBatchResponse;
        query(QueryPoints) -> QueryResponse;
        query_batch(QueryBatchPoints) -> QueryBatchResponse;
        query_groups(QueryPointGroups) -> QueryGroupsResponse;
        facet(FacetCounts) -> FacetResponse;
        search_matrix_pairs(SearchMatrixPoints) -> SearchMatrixPairsResponse;
        search_matrix_offsets(SearchMatrixPoints) -> SearchMatrixOffsetsResponse;
    }
}

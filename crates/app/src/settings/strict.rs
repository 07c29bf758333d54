//! Which keys a struct of settings reads, and a table does not have.
//!
//! The structs of the rooms take a default for a key that is not there, which is right for them and hides a
//! key without a line in `config/default.toml`. A derived `Deserialize` tells its deserializer the names of all
//! its fields, so one that listens can compare them with the table at every depth.

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use std::cell::RefCell;
use toml::{Table, Value};

/// The keys that `T` reads and `table` does not have, with their sections.
pub fn missing_keys<T: DeserializeOwned>(table: Table) -> Vec<String> {
    let missing = RefCell::new(Vec::new());
    let listener = Listener {
        value: Value::Table(table),
        path: String::new(),
        missing: &missing,
    };
    T::deserialize(listener)
        .map(drop)
        .expect("the table is of the struct");
    missing.into_inner()
}

/// Deserialises `value`, which stands at `path`, and notes the fields that it has no keys for.
struct Listener<'a> {
    value: Value,
    path: String,
    missing: &'a RefCell<Vec<String>>,
}

impl<'a> Listener<'a> {
    fn path_of(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    fn inside(&self, key: String, value: Value) -> (String, Listener<'a>) {
        let path = self.path_of(&key);
        let missing = self.missing;
        (key, Listener { value, path, missing })
    }
}

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = toml::de::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let Value::Table(table) = std::mem::replace(&mut self.value, Value::Boolean(false)) else {
            panic!("{} is no section, and {name} is read from it", self.path);
        };
        let absent = fields.iter().filter(|field| !table.contains_key(**field));
        let mut missing: Vec<String> = absent.map(|field| self.path_of(field)).collect();
        self.missing.borrow_mut().append(&mut missing);
        let entries = table.into_iter().map(|(key, value)| self.inside(key, value));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.value.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, toml::de::Error> for Listener<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

-- One edition. Days are ISO 8601, so that they sort as text and anybody can read them.
CREATE TABLE edition (
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    authority TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    replaced_on TEXT,
    licence TEXT NOT NULL,
    rows INTEGER NOT NULL
) STRICT;

CREATE TABLE file (
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

-- How many statuses of each system there are, so that an edition without a system is passed over unasked.
CREATE TABLE holding (
    system TEXT PRIMARY KEY,
    statuses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Thousands of rows stand in one section of one document.
CREATE TABLE location (
    id INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    section TEXT,
    url TEXT
) STRICT;

CREATE TABLE status (
    position INTEGER PRIMARY KEY,
    system TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT,
    billable INTEGER NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    location INTEGER NOT NULL REFERENCES location,
    row INTEGER,
    page INTEGER
) STRICT;

CREATE TABLE fact (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    system TEXT NOT NULL,
    code TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    location INTEGER NOT NULL REFERENCES location,
    row INTEGER,
    page INTEGER
) STRICT;

CREATE TABLE fact_row (
    fact INTEGER NOT NULL REFERENCES fact,
    position INTEGER NOT NULL,
    label TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (fact, position)
) STRICT, WITHOUT ROWID;

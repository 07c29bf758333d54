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
    rows INTEGER NOT NULL,
    is_complete INTEGER NOT NULL
) STRICT;

-- How the edition was read, to tell whether the same files would bring anything new.
CREATE TABLE provenance (
    reader TEXT NOT NULL,
    passages INTEGER NOT NULL,
    siblings INTEGER NOT NULL,
    refused INTEGER NOT NULL
) STRICT;

-- Files that hold the same edition in another form, and were set aside for the one that was read.
CREATE TABLE set_aside (
    sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE file (
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

-- What was refused or remarked on while it was read.
CREATE TABLE finding (
    file TEXT NOT NULL,
    line INTEGER,
    text TEXT NOT NULL
) STRICT;

-- How many statuses of each system there are, and how many procedure-to-procedure edits: an edition that has none is
-- passed over unasked.
CREATE TABLE holding (
    system TEXT PRIMARY KEY,
    statuses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which kinds of facts there are about codes of which systems, for the same purpose.
CREATE TABLE fact_holding (
    kind TEXT NOT NULL,
    system TEXT NOT NULL,
    PRIMARY KEY (kind, system)
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

-- The words of titles, by the position of their status.
CREATE VIRTUAL TABLE title_words USING fts5 (title, content = '', tokenize = 'porter unicode61 remove_diacritics 2');

-- Rows of one table have the same labels in the same order: they are kept once, parted by U+001F.
CREATE TABLE label_set (
    id INTEGER PRIMARY KEY,
    labels TEXT NOT NULL
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
    page INTEGER,
    label_set INTEGER NOT NULL REFERENCES label_set,
    "values" TEXT NOT NULL
) STRICT;

-- The other codes under which a fact is found.
CREATE TABLE fact_also (
    system TEXT NOT NULL,
    code TEXT NOT NULL,
    fact INTEGER NOT NULL REFERENCES fact,
    PRIMARY KEY (system, code, fact)
) STRICT, WITHOUT ROWID;

-- Procedure-to-procedure edits: millions of rows, so codes are numbers in base 36 and days count from the
-- common era. A beginning that the file does not state is NULL.
CREATE TABLE ptp (
    column1 INTEGER NOT NULL,
    column2 INTEGER NOT NULL,
    row INTEGER NOT NULL,
    effective_from INTEGER,
    effective_to INTEGER,
    indicator INTEGER NOT NULL,
    rationale INTEGER REFERENCES ptp_rationale,
    location INTEGER NOT NULL REFERENCES location,
    PRIMARY KEY (column1, column2, location, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE ptp_rationale (
    id INTEGER PRIMARY KEY,
    rationale TEXT NOT NULL
) STRICT;

-- The words of the edition's passages with how often they occur: what a misspelled word may have meant.
CREATE TABLE word (
    word TEXT PRIMARY KEY,
    occurrences INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

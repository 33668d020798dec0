// SPDX-License-Identifier: Apache-2.0
// A policy file as written: plain structs with their places, names not looked up. Texts are views
// into the source, which must outlive the tree.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/keywords.h"
#include "policy/source.h"

namespace synpol::ast {

struct Word {
    std::string_view text;
    Span span;
};

/// A string without its quotes and escapes.
struct Text {
    std::string value;
    Span span;
};

// ---- sets --------------------------------------------------------------------------------------

enum class ValueKind { name, number, address, path, string, catalog, any, none };
/// "name", "number", ...
std::string_view name_of(ValueKind kind);

struct Value {
    ValueKind kind = ValueKind::none;
    Word word;
};

struct List {
    std::vector<Value> items;
};

struct FileOption {
    Keyword keyword{};
    Word value;
    Span span;
};

struct FileSet {
    Text path;
    std::vector<FileOption> options;
};

struct SetExpr;
struct SetTerm {
    std::variant<Value, List, FileSet, std::unique_ptr<SetExpr>> what;
    Span span;
};

struct SetOperation {
    char symbol = '+';
    Span span;
    SetTerm right;
};

/// Applied from left to right; `&` never mixes with the others.
struct SetExpr {
    SetTerm first;
    std::vector<SetOperation> rest;
    Span span;
};

// ---- subjects ----------------------------------------------------------------------------------

struct Subject;
struct Accounts {
    bool group = false;
    SetExpr set;
};
struct Exe {
    SetExpr set;
};
struct Cgroup {
    Text glob;
};
struct SubjectName {
    Word name;
};
struct Negation {
    std::unique_ptr<Subject> subject;
};
struct Junction {
    bool all = true; ///< `and`; otherwise `or`
    std::vector<Subject> parts;
};
/// Refused already, or a subject that could not be read; nothing more is said about it.
struct BrokenSubject {};
struct Subject {
    std::variant<BrokenSubject, Accounts, Exe, Cgroup, SubjectName, Negation, Junction> what;
    Span span;
};

// ---- rules -------------------------------------------------------------------------------------

struct Flow {
    std::optional<Word> protocol;
    std::optional<Word> state;
    std::optional<SetExpr> from;
    std::optional<SetExpr> to;
    std::optional<SetExpr> port;
    Span span;
};

struct Action {
    Keyword keyword{};
    std::variant<std::monostate, SetExpr, Flow> object;
    Span span;
    Span word;
};

struct Exception {
    std::optional<Word> packets; ///< `inbound` in front of the flow
    std::variant<std::monostate, SetExpr, Flow> object;
    std::optional<Subject> subject;
    std::optional<Text> because;
    Span span;
};

struct RateLimit {
    Word rate;
    Word key;
    std::optional<Word> burst;
};

struct Rule {
    std::optional<Word> label;
    std::optional<Span> audit;
    Keyword verb{};
    Span verb_span;
    Action action;
    std::optional<RateLimit> limit;
    std::optional<Subject> subject;
    std::optional<Word> error;
    std::optional<Text> because;
    std::vector<Word> tags;
    std::vector<Exception> exceptions;
    Span span;
    bool complete = true; ///< false when a part was refused; nothing more is said about it
};

// ---- statements --------------------------------------------------------------------------------

enum class SetType { paths, addrs, ports, syscalls, users };
/// "paths", "addrs", ...
std::string_view name_of(SetType type);

struct Edition {
    Word number;
};
struct Policy {
    Word name;
    std::optional<Text> title;
    bool audit_mode = false;
};
struct Use {
    Text path;
    std::optional<Word> name;
};
struct Set {
    SetType type = SetType::paths;
    Word name;
    SetExpr value;
};
struct SubjectSet {
    Word name;
    Subject value;
};
struct ForBlock {
    Subject subject;
    std::vector<Rule> rules;
};
/// A statement of the language that is not supported yet.
struct Unsupported {
    Word word;
};

struct Statement {
    std::variant<Edition, Policy, Use, Set, SubjectSet, ForBlock, Rule, Unsupported> what;
    Span span;
};

/// A statement that could not be read, as far as it says what it was going to define.
struct Broken {
    Keyword keyword{};
    Word name; ///< empty where there is none
};

struct File {
    std::vector<Statement> statements;
    std::vector<Broken> broken;
};

} // namespace synpol::ast

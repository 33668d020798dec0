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
/// Names of units, as written: without a suffix they are services.
struct Units {
    std::vector<Text> names;
};
struct Cgroup {
    Text glob;
};
struct Descendants {
    std::unique_ptr<Subject> subject;
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
/// A subject that could not be read; nothing more is said about it.
struct BrokenSubject {};
struct Subject {
    std::variant<BrokenSubject, Accounts, Exe, Units, Cgroup, Descendants, SubjectName, Negation,
                 Junction>
        what;
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

/// Nothing, where an action has no object or the text names none.
using Object = std::variant<std::monostate, SetExpr, Flow, Subject>;

struct Action {
    Keyword keyword{};
    Object object;
    Span span;
    Span word;
};

struct Exception {
    std::optional<Word> packets; ///< `inbound` or `outbound` in front of the flow
    Object object;               ///< a set, a flow or nothing
    std::optional<Subject> subject;
    std::optional<Text> because;
    std::optional<Word> until;
    Span span;
};

enum class Comparison { equal, not_equal, less, at_most, above, at_least, in, not_in, has, lacks };
/// "==", "!=", "<", ..., "not in", "has", "lacks".
std::string_view name_of(Comparison comparison);

/// `flags has @namespaces`.
struct Comparing {
    Word field;
    Comparison comparison{};
    Span comparison_span;
    SetExpr values;
    Span span;
};

struct Condition {
    bool all = true; ///< joined by `and`; otherwise by `or`
    std::vector<Comparing> parts;
    Span span;
};

struct RateLimit {
    Word rate;
    Word key;
    std::optional<Word> burst;
};

/// `count distinct port >= 20 within 10s per source`.
struct Window {
    std::optional<Word> distinct;
    Word threshold;
    Word duration;
    Word key;
    Span span;
};

/// `block source for 10m`: the word, and what follows it.
struct Response {
    Keyword keyword{};
    std::optional<Word> level;
    std::optional<Word> key;
    std::optional<Word> duration;
    Span span;
};

struct Acceptance {
    Word lint;
    Text because;
    Span span;
};

/// `confine SUBJ { ... }` or `confine SUBJ as sandbox "..."`.
struct ConfineLine {
    std::optional<Word> label;
    Action action;
    Span span;
};
struct Confine {
    Subject subject;
    /// The document that grants, instead of lines in braces. Loading it fills the lines, with
    /// places in the document.
    std::optional<Text> sandbox;
    std::vector<ConfineLine> lines;
};

struct Rule {
    std::optional<Word> label;
    std::optional<Span> audit;
    Keyword verb{};
    Span verb_span;
    Action action; ///< of all but `confine`
    std::optional<Confine> confine;
    std::optional<RateLimit> limit;
    std::optional<Window> window;
    std::optional<Subject> subject;
    std::optional<Condition> where;
    std::optional<Word> error;
    std::vector<Response> responses;
    std::optional<Span> then; ///< the whole clause
    std::optional<Text> because;
    std::optional<Word> until;
    std::optional<Span> quiet;
    std::optional<Span> final_;
    std::optional<Span> best_effort;
    std::vector<Acceptance> accepted;
    std::vector<Word> tags;
    std::vector<Exception> exceptions;
    Span span;
};

// ---- tests -------------------------------------------------------------------------------------

/// `at 0s inbound tcp syn from 203.0.113.9 to port 1..19 over 5s`, without the `at`.
struct Attempt {
    Action action;
    std::optional<Subject> subject;
    std::optional<Condition> where;
    std::optional<Word> over;
    Span span;
};

struct Expect {
    Keyword outcome{};
    Span outcome_span;
    Action action;
    std::optional<Subject> subject;
    std::optional<Condition> where;
    std::vector<Word> by; ///< names of rules
    std::optional<Span> by_span;
    bool only_by = false;
    std::optional<Text> because;
    Span span;
};

struct Given {
    Word name;
    SetExpr value;
    Span span;
};

struct TestLine {
    std::optional<Word> at; ///< the instant
    std::variant<Expect, Attempt> what;
    Span span;
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
    std::optional<Span> open;
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
struct Extend {
    Word name;
    SetExpr value;
    std::optional<Text> because;
    std::optional<Word> until;
};
/// `never block` or `never kill`.
struct Never {
    std::variant<SetExpr, Subject> what;
    std::optional<Text> because;
};
struct Exempt {
    Exception hole;
    Word rule;
};
struct Test {
    std::optional<Span> final_;
    Text name;
    std::optional<Subject> subject; ///< `as`
    std::vector<Given> given;
    std::optional<Word> on;
    std::vector<TestLine> lines;
};

struct Statement {
    std::variant<Edition, Policy, Use, Set, Extend, SubjectSet, Never, Exempt, ForBlock, Rule, Test>
        what;
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

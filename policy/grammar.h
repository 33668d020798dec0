// SPDX-License-Identifier: Apache-2.0
// The grammar of language.md section 8 as PEGTL rules. Only policy/parse.cpp and the test that
// analyses the grammar include this file.
//
// Trivia (blanks and comments) stands in front of tokens. A rule with a member `node` leaves a node
// in the flat tree of ParseState; every `must` names what it expected in policy/grammar_messages.h.
#pragma once

#include <cstdint>
#include <vector>

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze_traits.hpp>

#include "policy/flat_tree.h"
#include "policy/keywords.h"
#include "policy/lexer.h"

namespace synpol::grammar {

namespace peg = tao::pegtl;

constexpr std::size_t depth_max = 64;

struct ParseState {
    std::vector<FlatNode> nodes;
    std::size_t depth = 0;
    // The last trivia skipped: many alternatives are tried at one place.
    std::size_t trivia_begin = static_cast<std::size_t>(-1); // none: 1 would be a place
    std::size_t trivia_end = 0;
};

/// Where the trivia that starts at the input's place ends.
template <typename Input>
std::size_t skip_trivia(const Input& in, ParseState& state) {
    const std::size_t here = in.byte();
    if (state.trivia_begin != here) {
        const std::string_view text{in.begin(), static_cast<std::size_t>(in.end() - in.begin())};
        state.trivia_begin = here;
        state.trivia_end = end_of_trivia(text, here);
    }
    return state.trivia_end;
}

struct trivia { // called by tok directly, not a rule of its own
    using rule_t = trivia;
    using subs_t = peg::type_list<>;

    template <typename Input>
    static bool match(Input& in, ParseState& state) {
        in.bump(skip_trivia(in, state) - in.byte());
        return true;
    }
};

/// Trivia and a token; nothing is consumed when the token is not there, so that a failure is found
/// at the end of the token before it.
template <typename Rule>
struct tok {
    using rule_t = tok;
    using subs_t = peg::type_list<Rule>;

    template <peg::apply_mode A, peg::rewind_mode, template <typename...> class Action,
              template <typename...> class Control, typename Input>
    static bool match(Input& in, ParseState& state) {
        auto mark = in.template mark<peg::rewind_mode::required>();
        (void)trivia::match(in, state);
        return mark(
            Control<Rule>::template match<A, decltype(mark)::next_rewind_mode, Action, Control>(
                in, state));
    }
};

/// `web:`, not the beginning of fe80::1.
inline bool is_label_colon(std::string_view text, std::size_t at) {
    return at < text.size() && text[at] == ':' && (at + 1 == text.size() || text[at + 1] != ':');
}

/// A word of the table, not followed by more of a word and not a label.
template <Keyword K>
struct word {
    using rule_t = word;
    using subs_t = peg::type_list<>;

    template <typename Input>
    static bool match(Input& in) {
        const std::string_view text = text_of(K);
        if (in.size(text.size()) < text.size()) return false;
        if (std::string_view{in.current(), text.size()} != text) return false;
        const std::string_view rest{in.current(), in.size()};
        if (rest.size() > text.size() && is_word_byte(rest[text.size()])) return false;
        if (is_label_colon(rest, text.size())) return false;
        in.bump_in_this_line(text.size());
        return true;
    }
};

/// Any word of the table whose class satisfies the test.
template <bool (*Test)(WordClass)>
struct word_of_class {
    using rule_t = word_of_class;
    using subs_t = peg::type_list<>;

    template <typename Input>
    static bool match(Input& in) {
        const std::string_view found = word_at({in.current(), in.size()}, 0);
        const auto keyword = find_keyword(found);
        if (!keyword || !Test(keyword->word_class)) return false;
        in.bump_in_this_line(found.size());
        return true;
    }
};

/// Fails the statement when rules nest deeper than depth_max.
struct too_deep : peg::failure {};
template <typename Rule>
struct bounded {
    using rule_t = bounded;
    using subs_t = peg::type_list<Rule>;

    template <peg::apply_mode A, peg::rewind_mode M, template <typename...> class Action,
              template <typename...> class Control, typename Input>
    static bool match(Input& in, ParseState& state) {
        if (state.depth == depth_max) Control<too_deep>::raise(in, state);
        ++state.depth;
        const bool found = Control<Rule>::template match<A, M, Action, Control>(in, state);
        --state.depth; // an exception ends the statement, and the depth is reset with it
        return found;
    }
};

template <Keyword K>
using kw = tok<word<K>>;
template <char... C>
using sym = tok<peg::string<C...>>;
/// One of several words, kept as a node.
template <Keyword... K>
struct words : peg::sor<word<K>...> {
    static constexpr Node node = Node::keyword;
};
template <Keyword... K>
using one_of = tok<words<K...>>;

// ---- words and literals ------------------------------------------------------------------------

struct word_rest : peg::sor<peg::alnum, peg::one<'_', '-'>> {};
struct name_text : peg::seq<peg::alpha, peg::star<word_rest>> {};
struct name : name_text {
    static constexpr Node node = Node::name;
};
/// "import.policy.label" has three parts.
struct qname_text : peg::seq<name_text, peg::rep_max<2, peg::one<'.'>, name_text>> {};
struct qname : qname_text {
    static constexpr Node node = Node::qname;
};
struct colon : peg::seq<peg::one<':'>, peg::not_at<peg::one<':'>>> {};
struct label_text : peg::seq<name_text, peg::at<colon>> {};
/// A name where the next statement may begin instead.
template <typename Rule>
using unless_label = tok<peg::seq<peg::not_at<label_text>, Rule>>;
struct label : label_text {
    static constexpr Node node = Node::label;
};

struct string_end : peg::one<'"'> {};
struct string_byte
    : peg::sor<peg::seq<peg::one<'\\'>, peg::one<'"', '\\'>>, peg::not_one<'"', '\n', '\r'>> {};
struct string : peg::seq<peg::one<'"'>, peg::star<string_byte>, peg::must<string_end>> {
    static constexpr Node node = Node::string;
};

struct path_byte : peg::not_one<' ', '\t', '\r', '\n', ',', '{', '}', '(', ')', '"', '#'> {};
struct path_braces;
struct path_part : peg::sor<path_byte, path_braces> {};
struct path_braces
    : bounded<
          peg::seq<peg::one<'{'>, peg::star<peg::sor<path_part, peg::one<','>>>, peg::one<'}'>>> {};
struct path : peg::seq<peg::one<'/'>, peg::star<path_part>> {
    static constexpr Node node = Node::path;
};

struct v4_start : peg::seq<peg::plus<peg::digit>, peg::one<'.'>, peg::digit> {};
struct v6_start
    : peg::seq<peg::star<peg::xdigit>, peg::one<':'>, peg::star<peg::xdigit>, peg::one<':'>> {};
struct address_byte : peg::sor<peg::alnum, peg::one<'.', ':', '/', '%', '-', '_'>> {};
struct address : peg::seq<peg::at<peg::sor<v4_start, v6_start>>, peg::plus<address_byte>> {
    static constexpr Node node = Node::address;
};
struct number_byte : peg::sor<peg::alnum, peg::one<'.', '-', '_'>> {};
struct number : peg::seq<peg::digit, peg::star<number_byte>> {
    static constexpr Node node = Node::number;
};
struct duration : number {
    static constexpr Node node = Node::duration;
};
struct date : number {
    static constexpr Node node = Node::date;
};
struct rate_byte : peg::sor<number_byte, peg::one<'/'>> {};
struct rate : peg::seq<peg::digit, peg::star<rate_byte>> {
    static constexpr Node node = Node::rate;
};
struct key : peg::seq<name_text, peg::opt<peg::one<'/'>, peg::plus<word_rest>>> {
    static constexpr Node node = Node::key;
};
struct tag_word : peg::plus<peg::sor<word_rest, peg::one<'.'>>> {
    static constexpr Node node = Node::tag_word;
};
struct catalog : peg::seq<peg::one<'@'>, name_text> {
    static constexpr Node node = Node::catalog;
};

// ---- operands ----------------------------------------------------------------------------------

/// A word of a clause, where the next clause or statement may begin instead.
template <typename Rule>
using clause_word = unless_label<peg::seq<peg::not_at<word_of_class<is_reserved>>, Rule>>;
constexpr bool is_action(WordClass c) {
    return c == WordClass::action;
}
constexpr bool is_no_subject(WordClass c) {
    return is_reserved(c) || c == WordClass::action || c == WordClass::fact;
}

// Three reserved words are system calls, too. They are operands unless a statement begins with
// them.
struct set_type
    : words<Keyword::paths, Keyword::addrs, Keyword::ports, Keyword::syscalls, Keyword::users> {};
struct call_or_statement
    : peg::sor<word<Keyword::kill>, word<Keyword::open>, word<Keyword::accept>> {};
struct statement_of_call
    : peg::sor<peg::seq<word<Keyword::kill>, tok<word_of_class<is_action>>>,
               peg::seq<word<Keyword::open>, tok<set_type>>,
               peg::seq<word<Keyword::accept>,
                        tok<peg::seq<peg::not_at<word_of_class<is_reserved>>, name_text>>,
                        kw<Keyword::because>>> {};
struct not_operand
    : peg::sor<label_text, statement_of_call,
               peg::seq<peg::not_at<call_or_statement>, word_of_class<is_reserved>>> {};
struct operand_name : peg::seq<peg::not_at<not_operand>, qname> {};

// ---- sets --------------------------------------------------------------------------------------

struct set_expr;
struct set_expr_end : tok<peg::one<')'>> {};
struct list_item : tok<peg::sor<string, path, address, number, catalog, operand_name>> {};
struct list_end : sym<'}'> {};
struct list : peg::seq<peg::one<'{'>, peg::must<list_item>,
                       peg::star<sym<','>, peg::sor<peg::at<sym<'}'>>, peg::must<list_item>>>,
                       peg::must<list_end>> {
    static constexpr Node node = Node::list;
};
struct set_group : peg::seq<peg::one<'('>, bounded<peg::must<set_expr>>, peg::must<set_expr_end>> {
    static constexpr Node node = Node::set_group;
};
struct file_path : tok<string> {};
struct option_duration : tok<duration> {};
struct option_count : tok<number> {};
struct file_option
    : peg::sor<peg::seq<one_of<Keyword::refresh, Keyword::expire>, peg::must<option_duration>>,
               peg::seq<one_of<Keyword::max>, peg::must<option_count>>> {
    static constexpr Node node = Node::file_option;
};
struct file_set : peg::seq<word<Keyword::file>, peg::must<file_path>, peg::star<file_option>> {
    static constexpr Node node = Node::file_set;
};
struct any_set : word<Keyword::any> {
    static constexpr Node node = Node::any;
};
struct none_set : word<Keyword::none> {
    static constexpr Node node = Node::none;
};
struct set_term : tok<peg::sor<list, set_group, string, path, catalog, file_set, any_set, none_set,
                               address, number, operand_name>> {};
struct set_operator : peg::one<'+', '-', '&'> {
    static constexpr Node node = Node::operation;
};
struct right_term : set_term {};
struct set_expr : peg::seq<set_term, peg::star<tok<set_operator>, peg::must<right_term>>> {
    static constexpr Node node = Node::set_expr;
};

// ---- subjects ----------------------------------------------------------------------------------

struct subject;
struct subject_primary;
struct subject_end : sym<')'> {};
struct account_set : set_expr {};
struct path_set : set_expr {};
struct user_is : peg::seq<word<Keyword::user>, peg::must<account_set>> {
    static constexpr Node node = Node::user_is;
};
struct group_is : peg::seq<word<Keyword::group>, peg::must<account_set>> {
    static constexpr Node node = Node::group_is;
};
struct exe_is : peg::seq<word<Keyword::exe>, peg::must<path_set>> {
    static constexpr Node node = Node::exe_is;
};
struct unit_byte : peg::sor<word_rest, peg::one<'.', '@', ':', '\\'>> {};
struct unit_name
    : peg::seq<peg::not_at<label_text>, peg::sor<peg::alpha, peg::digit>, peg::star<unit_byte>> {
    static constexpr Node node = Node::unit_name;
};
struct unit_item : tok<peg::sor<unit_name, string>> {};
struct unit_names
    : peg::sor<peg::seq<sym<'{'>, peg::must<unit_item>,
                        peg::star<sym<','>, peg::sor<peg::at<sym<'}'>>, peg::must<unit_item>>>,
                        peg::must<list_end>>,
               unit_item> {};
struct unit_is : peg::seq<word<Keyword::unit>, peg::must<unit_names>> {
    static constexpr Node node = Node::unit_is;
};
struct cgroup_path : tok<peg::sor<path, string>> {};
struct cgroup_is : peg::seq<word<Keyword::cgroup>, peg::must<cgroup_path>> {
    static constexpr Node node = Node::cgroup_is;
};
struct subject_term;
struct descendants : peg::seq<word<Keyword::descendants>, peg::must<kw<Keyword::of>>,
                              bounded<peg::must<subject_term>>> {
    static constexpr Node node = Node::descendants;
};
struct subject_group
    : peg::seq<peg::one<'('>, bounded<peg::must<subject>>, peg::must<subject_end>> {
    static constexpr Node node = Node::subject_group;
};
struct subject_name
    : peg::seq<peg::not_at<label_text>, peg::not_at<word_of_class<is_no_subject>>, qname> {
    static constexpr Node node = Node::subject_name;
};
struct subject_primary : tok<peg::sor<user_is, group_is, exe_is, unit_is, cgroup_is, descendants,
                                      subject_group, subject_name>> {};
struct negated : peg::seq<word<Keyword::not_>, peg::must<subject_primary>> {
    static constexpr Node node = Node::negated;
};
struct subject_term : peg::sor<tok<negated>, subject_primary> {};
struct subject : peg::seq<subject_term,
                          peg::star<one_of<Keyword::and_, Keyword::or_>, peg::must<subject_term>>> {
    static constexpr Node node = Node::subject;
};

// ---- actions and flows -------------------------------------------------------------------------

struct address_set : set_expr {};
struct port_set : set_expr {};
struct protocol : words<Keyword::tcp, Keyword::udp, Keyword::icmp, Keyword::any> {
    static constexpr Node node = Node::protocol;
};
struct state : words<Keyword::syn, Keyword::established> {
    static constexpr Node node = Node::state;
};
struct from : peg::seq<word<Keyword::from>, peg::must<address_set>> {
    static constexpr Node node = Node::from;
};
/// `to port 22` reads well and pins no address.
struct to
    : peg::seq<word<Keyword::to>, peg::sor<peg::at<kw<Keyword::port>>, peg::must<address_set>>> {
    static constexpr Node node = Node::to;
};
struct port : peg::seq<word<Keyword::port>, peg::must<port_set>> {
    static constexpr Node node = Node::port;
};
struct flow : peg::seq<peg::opt<tok<protocol>>, peg::opt<tok<state>>,
                       peg::star<tok<peg::sor<from, to, port>>>> {
    static constexpr Node node = Node::flow;
};

struct file_word : words<Keyword::exec, Keyword::read, Keyword::write, Keyword::contents,
                         Keyword::create, Keyword::delete_, Keyword::rename, Keyword::link,
                         Keyword::truncate, Keyword::chmod, Keyword::chown, Keyword::xattr> {};
struct net_word
    : words<Keyword::connect, Keyword::bind, Keyword::listen, Keyword::inbound, Keyword::outbound> {
};
struct syscall_word : words<Keyword::syscall> {};
struct peer_word : words<Keyword::signal, Keyword::inject> {};
struct bare_word : words<Keyword::raw_socket, Keyword::fork, Keyword::wx_memory, Keyword::mount,
                         Keyword::load_module, Keyword::load_bpf, Keyword::new_userns> {};
struct setuid_word : words<Keyword::setuid> {};

struct syscall_set : set_expr {};
struct object_paths : set_expr {};
struct net_action : peg::seq<tok<net_word>, flow> {};
struct other_action : peg::sor<net_action, peg::seq<tok<peer_word>, peg::opt<subject>>,
                               tok<bare_word>, peg::seq<tok<setuid_word>, peg::opt<set_expr>>> {};
struct action : peg::sor<peg::seq<tok<syscall_word>, peg::must<syscall_set>>,
                         peg::seq<tok<file_word>, peg::must<object_paths>>, other_action> {
    static constexpr Node node = Node::action;
};
/// In `limit`, `detect` and tests the object may be left out.
struct event
    : peg::sor<peg::seq<tok<peg::sor<syscall_word, file_word>>, peg::opt<set_expr>>, other_action> {
    static constexpr Node node = Node::event;
};

// ---- clauses -----------------------------------------------------------------------------------

struct reason : tok<string> {};
struct day : tok<date> {};
struct because : peg::seq<kw<Keyword::because>, peg::must<reason>> {
    static constexpr Node node = Node::because;
};
struct until : peg::seq<kw<Keyword::until>, peg::must<day>> {
    static constexpr Node node = Node::until;
};
/// `for SUBJ {` is not a clause: it begins the next statement.
struct for_subject : peg::seq<kw<Keyword::for_>, peg::must<subject>, peg::not_at<sym<'{'>>> {
    static constexpr Node node = Node::for_clause;
};
struct comparison_text : peg::sor<peg::string<'=', '='>, peg::string<'!', '='>,
                                  peg::string<'<', '='>, peg::string<'>', '='>, peg::one<'<', '>'>,
                                  word<Keyword::in>, peg::seq<word<Keyword::not_>, kw<Keyword::in>>,
                                  word<Keyword::has>, word<Keyword::lacks>> {};
struct comparison : comparison_text {
    static constexpr Node node = Node::comparison;
};
/// The manual pages call arguments `count`, `from` and `policy`, too: before a comparison they are
/// names.
struct named_by_keyword : peg::seq<peg::at<tok<name_text>, tok<comparison_text>>, tok<name>> {};
struct condition_field : peg::sor<clause_word<name>, named_by_keyword> {};
struct condition_comparison : tok<comparison> {};
struct condition_values : set_expr {};
struct condition_atom
    : peg::seq<condition_field, peg::must<condition_comparison, condition_values>> {
    static constexpr Node node = Node::condition;
};
struct condition
    : peg::seq<condition_atom,
               peg::star<one_of<Keyword::and_, Keyword::or_>, peg::must<condition_atom>>> {};
struct where : peg::seq<kw<Keyword::where>, peg::must<condition>> {
    static constexpr Node node = Node::where_clause;
};
struct errno_name : clause_word<name> {};
struct with : peg::seq<kw<Keyword::with>, peg::must<errno_name>> {
    static constexpr Node node = Node::with_clause;
};
struct response_key : unless_label<key> {};
struct response_duration : tok<duration> {};
struct alert_level : one_of<Keyword::low, Keyword::medium, Keyword::high, Keyword::critical> {};
struct response
    : peg::sor<peg::seq<kw<Keyword::alert>, peg::must<alert_level>>,
               peg::seq<kw<Keyword::block>,
                        peg::must<response_key, kw<Keyword::for_>, response_duration>>,
               peg::seq<kw<Keyword::freeze>, peg::must<kw<Keyword::cgroup>>>,
               peg::seq<kw<Keyword::syncookies>, peg::must<kw<Keyword::for_>, response_duration>>,
               kw<Keyword::kill>, kw<Keyword::deny>> {
    static constexpr Node node = Node::response;
};
struct then
    : peg::seq<kw<Keyword::then>, peg::must<response>, peg::star<sym<','>, peg::must<response>>> {
    static constexpr Node node = Node::then_clause;
};
struct tag_value : clause_word<tag_word> {};
struct tag : peg::seq<kw<Keyword::tag>, peg::must<tag_value>> {
    static constexpr Node node = Node::tag;
};
struct quiet : kw<Keyword::quiet> {
    static constexpr Node node = Node::quiet;
};
struct final_clause : kw<Keyword::final_> {
    static constexpr Node node = Node::final_clause;
};
struct best_effort : kw<Keyword::best_effort> {
    static constexpr Node node = Node::best_effort;
};
struct lint_name : clause_word<name> {};
struct accept : peg::seq<kw<Keyword::accept>, peg::must<lint_name, because>> {
    static constexpr Node node = Node::accept;
};
struct flow_word : peg::sor<word<Keyword::tcp>, word<Keyword::udp>, word<Keyword::icmp>,
                            word<Keyword::from>, word<Keyword::to>, word<Keyword::port>> {};
struct packet_word : words<Keyword::inbound, Keyword::outbound> {};
struct excepted_flow
    : peg::sor<peg::seq<tok<packet_word>, flow>, peg::seq<peg::at<tok<flow_word>>, flow>> {};
struct excepted : peg::sor<for_subject, peg::seq<excepted_flow, peg::opt<for_subject>>,
                           peg::seq<set_expr, peg::opt<for_subject>>> {};
struct except
    : peg::seq<kw<Keyword::except>, peg::must<excepted>, peg::opt<because>, peg::opt<until>> {
    static constexpr Node node = Node::except;
};
struct clause : peg::sor<for_subject, where, with, then, because, until, tag, quiet, final_clause,
                         best_effort, accept, except> {};
struct clauses : peg::star<clause> {};

// ---- rules -------------------------------------------------------------------------------------

struct limit_rate : tok<rate> {};
struct limit_key : unless_label<key> {};
struct integer : tok<number> {};
struct distinct_field : unless_label<name> {};
struct deny : peg::seq<one_of<Keyword::deny, Keyword::kill, Keyword::only, Keyword::block>,
                       peg::must<action>, clauses> {};
struct limit : peg::seq<one_of<Keyword::limit>,
                        peg::must<event, kw<Keyword::at>, limit_rate, kw<Keyword::per>, limit_key>,
                        peg::opt<kw<Keyword::burst>, peg::must<integer>>, clauses> {};
struct window
    : peg::seq<kw<Keyword::count>, peg::opt<kw<Keyword::distinct>, peg::must<distinct_field>>,
               peg::must<sym<'>', '='>, integer, kw<Keyword::within>, response_duration,
                         kw<Keyword::per>, limit_key>> {
    static constexpr Node node = Node::window;
};
struct detect : peg::seq<one_of<Keyword::detect>, peg::must<event>, peg::opt<window>,
                         peg::must<then>, clauses> {};
struct confined_action : peg::seq<peg::opt<tok<label>, tok<colon>>, action> {
    static constexpr Node node = Node::confined;
};
struct confine_end : sym<'}'> {};
struct sandbox_path : tok<string> {};
struct as_sandbox : peg::seq<kw<Keyword::as>, peg::must<kw<Keyword::sandbox>, sandbox_path>> {};
struct confine_lines : peg::seq<sym<'{'>, peg::star<confined_action>, peg::must<confine_end>> {};
struct confine_body : peg::sor<as_sandbox, confine_lines> {};
struct confine : peg::seq<one_of<Keyword::confine>, peg::must<subject, confine_body>, clauses> {};
struct verb : peg::sor<deny, limit, detect, confine> {};
struct audited : one_of<Keyword::audit> {};
struct rule_body : peg::sor<peg::seq<audited, peg::must<verb>>, verb> {};
struct rule : peg::sor<peg::seq<tok<label>, tok<colon>, peg::must<rule_body>>, rule_body> {
    static constexpr Node node = Node::rule;
};

// ---- tests -------------------------------------------------------------------------------------

struct test_name : tok<string> {};
struct test_end : sym<'}'> {};
struct by_names : unless_label<qname> {};
struct given_name : tok<qname> {};
struct by : peg::seq<peg::opt<kw<Keyword::only>>, kw<Keyword::by>, peg::must<by_names>,
                     peg::star<sym<','>, peg::must<by_names>>> {
    static constexpr Node node = Node::by;
};
struct expectation : peg::seq<kw<Keyword::expect>,
                              peg::must<one_of<Keyword::pass, Keyword::audit, Keyword::deny,
                                               Keyword::kill, Keyword::block>,
                                        event>,
                              peg::star<peg::sor<by, where, for_subject, because>>> {
    static constexpr Node node = Node::expectation;
};
struct over : peg::seq<kw<Keyword::over>, peg::must<response_duration>> {};
struct attempt : peg::seq<event, peg::star<peg::sor<over, where, for_subject>>> {
    static constexpr Node node = Node::attempt;
};
struct timed : peg::sor<expectation, attempt> {};
struct test_as : peg::seq<kw<Keyword::as>, peg::must<subject>> {
    static constexpr Node node = Node::test_as;
};
struct test_given : peg::seq<kw<Keyword::given>, peg::must<given_name, sym<'='>, set_expr>> {
    static constexpr Node node = Node::test_given;
};
struct test_at : peg::seq<kw<Keyword::at>, peg::must<response_duration, timed>> {
    static constexpr Node node = Node::test_at;
};
struct test_on : peg::seq<kw<Keyword::on>, peg::must<day>> {
    static constexpr Node node = Node::test_on;
};
struct test_line : peg::sor<test_as, test_given, test_at, test_on, expectation> {};
struct test : peg::seq<kw<Keyword::test>, peg::opt<one_of<Keyword::final_>>,
                       peg::must<test_name, sym<'{'>>, peg::star<test_line>, peg::must<test_end>> {
    static constexpr Node node = Node::test;
};

// ---- statements --------------------------------------------------------------------------------

struct edition_number : tok<number> {};
struct new_name : unless_label<name> {};
struct edition : peg::seq<kw<Keyword::syn>, peg::must<edition_number>> {
    static constexpr Node node = Node::edition;
};
struct policy
    : peg::seq<kw<Keyword::policy>, peg::must<new_name>, peg::opt<tok<string>>,
               peg::opt<kw<Keyword::mode>, peg::must<one_of<Keyword::enforce, Keyword::audit>>>> {
    static constexpr Node node = Node::policy;
};
struct used_file : tok<string> {};
struct use : peg::seq<kw<Keyword::use>, peg::must<used_file>,
                      peg::opt<kw<Keyword::as>, peg::must<new_name>>> {
    static constexpr Node node = Node::use;
};
struct set : peg::sor<peg::seq<one_of<Keyword::open>, peg::must<tok<set_type>>,
                               peg::must<new_name, sym<'='>, set_expr>>,
                      peg::seq<tok<set_type>, peg::must<new_name, sym<'='>, set_expr>>> {
    static constexpr Node node = Node::set;
};
struct extended_set : tok<qname> {};
struct extend : peg::seq<kw<Keyword::extend>, peg::must<extended_set, sym<'+', '='>, set_expr>,
                         peg::opt<because>, peg::opt<until>> {
    static constexpr Node node = Node::extend;
};
struct subject_set : peg::seq<kw<Keyword::subject>, peg::must<new_name, sym<'='>, subject>> {
    static constexpr Node node = Node::subject_set;
};
struct never_what : peg::sor<peg::seq<kw<Keyword::block>, peg::must<set_expr>>,
                             peg::seq<kw<Keyword::kill>, peg::must<subject>>> {};
struct never : peg::seq<kw<Keyword::never>, peg::must<never_what>, peg::opt<because>> {
    static constexpr Node node = Node::never;
};
/// The last `from` of an exemption is in front of a rule, not of addresses.
struct from_rule : peg::seq<kw<Keyword::from>, tok<qname_text>, kw<Keyword::because>> {};
struct exempted_flow : peg::seq<peg::opt<tok<protocol>>, peg::opt<tok<state>>,
                                peg::star<peg::not_at<from_rule>, tok<peg::sor<from, to, port>>>> {
    static constexpr Node node = Node::flow;
};
struct exempted : peg::sor<peg::seq<tok<packet_word>, exempted_flow>,
                           peg::seq<peg::at<tok<flow_word>>, exempted_flow>, set_expr> {};
struct exempted_rule : tok<qname> {};
struct exempt : peg::seq<kw<Keyword::exempt>, peg::must<exempted>, peg::opt<for_subject>,
                         peg::must<kw<Keyword::from>, exempted_rule, because, until>> {
    static constexpr Node node = Node::exempt;
};
struct block_begin : sym<'{'> {};
struct for_open : peg::seq<kw<Keyword::for_>, peg::must<subject, block_begin>> {
    static constexpr Node node = Node::for_open;
};

/// One statement. A `for` block is its head; the driver in policy/parse.cpp reads the rules inside,
/// so that an error in one of them costs only that one.
struct statement : peg::sor<rule, edition, policy, use, set, extend, subject_set, never, exempt,
                            for_open, test> {};

} // namespace synpol::grammar

namespace tao::pegtl {

template <typename Name>
struct analyze_traits<Name, synpol::grammar::trivia> : analyze_opt_traits<> {};
template <typename Name, typename Rule>
struct analyze_traits<Name, synpol::grammar::tok<Rule>> : analyze_seq_traits<Rule> {};
template <typename Name, synpol::Keyword K>
struct analyze_traits<Name, synpol::grammar::word<K>> : analyze_any_traits<> {};
template <typename Name, bool (*Test)(synpol::WordClass)>
struct analyze_traits<Name, synpol::grammar::word_of_class<Test>> : analyze_any_traits<> {};
template <typename Name, typename Rule>
struct analyze_traits<Name, synpol::grammar::bounded<Rule>> : analyze_seq_traits<Rule> {};

} // namespace tao::pegtl

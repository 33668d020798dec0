// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "compiler/timeline.h"
#include "tests/unit/compiler/models.h"

namespace synpol::testing {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint16_t tcp_syn = 6 * 4 + SP_TCP_SYN;

BoxSet boxes_of(Model model) {
    Diagnostics diagnostics;
    auto boxes = lower(std::move(model), diagnostics);
    REQUIRE_FALSE(diagnostics.has_errors());
    return boxes;
}

Moment packet(std::uint64_t time_ns, std::uint32_t source, std::uint16_t port) {
    Attempt attempt;
    attempt.action = Action::inbound;
    attempt.flow = {tcp_syn, from_v4(source), from_v4(0x0a000001), port};
    return {time_ns, attempt, 0};
}

Moment fork_of(std::uint64_t time_ns, std::uint32_t uid, const std::string& cgroup) {
    Attempt attempt;
    attempt.action = Action::fork;
    attempt.subject = {uid, {{uid}}, "/usr/bin/x", cgroup, std::vector<SubjectFacts>{}};
    return {time_ns, attempt, 0};
}

Rule detect(std::string name, Action action, Window window, std::vector<Response> responses) {
    Rule rule;
    rule.name = std::move(name);
    rule.kind = RuleKind::detect;
    rule.action = action;
    rule.objects = {any_object()};
    rule.window = window;
    rule.responses = std::move(responses);
    return rule;
}

Response block_source(std::uint64_t duration_ns) {
    Response response;
    response.kind = Response::Kind::block;
    response.duration_ns = duration_ns;
    return response;
}

Response respond(Response::Kind kind) {
    Response response;
    response.kind = kind;
    return response;
}

Window ports_scanned(std::uint32_t threshold) {
    Window window;
    window.threshold = threshold;
    window.window_ns = 10 * second;
    window.distinct = StateKey::port;
    return window;
}

Window attempts_per(StateKey key, std::uint32_t threshold, std::uint64_t window_ns) {
    Window window;
    window.threshold = threshold;
    window.window_ns = window_ns;
    window.key.key = key;
    return window;
}

std::vector<std::string> names(const BoxSet& boxes, const std::vector<std::uint32_t>& rules) {
    std::vector<std::string> found;
    for (const auto index : rules) found.push_back(boxes.model.rules[index].name);
    std::sort(found.begin(), found.end());
    return found;
}

using Names = std::vector<std::string>;

/// Arrivals with gaps around what matters, in nanoseconds.
std::vector<std::uint64_t> arrivals(std::uint64_t scale) {
    const auto gaps = *rc::gen::container<std::vector<std::uint64_t>>(
        rc::gen::element<std::uint64_t>(0, 1, scale - 1, scale, scale + 1, scale / 3, 4 * scale));
    std::vector<std::uint64_t> times;
    std::uint64_t now = 1;
    for (const auto gap : gaps) times.push_back(now += gap);
    return times;
}

} // namespace

// ---- limits ------------------------------------------------------------------------------------

TEST_CASE("a bucket gives its burst at once and then a token each interval", "[unit][timeline]") {
    const auto boxes = boxes_of(model_of({limit_inbound("test.web", 10, 3)}));
    Timeline timeline{boxes};
    for (int i = 0; i < 3; ++i)
        CHECK(timeline.attempt(packet(second, 1, 80)).outcome == Outcome::pass);
    const auto refused = timeline.attempt(packet(second, 1, 80));
    CHECK(refused.outcome == Outcome::deny);
    CHECK(refused.limited);
    CHECK(names(boxes, refused.rules) == Names{"test.web"});
    CHECK(timeline.attempt(packet(second, 2, 80)).outcome == Outcome::pass); // another source
    CHECK(timeline.attempt(packet(second + second / 10 - 1, 1, 80)).outcome == Outcome::deny);
    CHECK(timeline.attempt(packet(second + second / 10, 1, 80)).outcome == Outcome::pass);
}

TEST_CASE("a bucket is a token bucket, to the nanosecond", "[unit][timeline]") {
    CHECK(rc::check([] {
        const auto tokens = *rc::gen::inRange<std::uint32_t>(1, 50);
        const auto burst = *rc::gen::inRange<std::uint32_t>(1, 6);
        const auto boxes = boxes_of(model_of({limit_inbound("test.web", tokens, burst)}));
        const auto interval = bucket_rate(*boxes.model.rules[0].limit).interval_ns;
        Timeline timeline{boxes};
        std::uint64_t level = burst * interval; // the bucket's content, in nanoseconds
        std::uint64_t before = 0;
        for (const auto now : arrivals(interval)) {
            level = std::min(burst * interval, level + (now - before));
            before = now;
            const bool admitted = level >= interval;
            if (admitted) level -= interval;
            RC_ASSERT(timeline.expect(packet(now, 1, 80)).outcome ==
                      (admitted ? Outcome::pass : Outcome::deny));
            RC_ASSERT(timeline.attempt(packet(now, 1, 80)).outcome ==
                      (admitted ? Outcome::pass : Outcome::deny));
        }
    }));
}

TEST_CASE("no stretch of time passes more than its rate and the burst", "[unit][timeline]") {
    CHECK(rc::check([] {
        const auto burst = *rc::gen::inRange<std::uint32_t>(1, 6);
        const auto boxes = boxes_of(model_of({limit_inbound("test.web", 10, burst)}));
        Timeline timeline{boxes};
        std::vector<std::uint64_t> passed;
        for (const auto now : arrivals(second / 10))
            if (timeline.attempt(packet(now, 1, 80)).outcome == Outcome::pass)
                passed.push_back(now);
        for (std::size_t first = 0; first < passed.size(); ++first)
            for (std::size_t last = first; last < passed.size(); ++last)
                RC_ASSERT(last - first + 1 <=
                          burst + (passed[last] - passed[first]) / (second / 10));
    }));
}

TEST_CASE("every matching bucket gives a token, also beside an empty one", "[unit][timeline]") {
    const auto boxes =
        boxes_of(model_of({limit_inbound("test.narrow", 1, 1), limit_inbound("test.wide", 1, 3)}));
    Timeline timeline{boxes};
    CHECK(timeline.attempt(packet(1, 1, 80)).outcome == Outcome::pass);
    for (int i = 0; i < 2; ++i)
        CHECK(names(boxes, timeline.attempt(packet(1, 1, 80)).rules) == Names{"test.narrow"});
    CHECK(names(boxes, timeline.attempt(packet(1, 1, 80)).rules) ==
          Names{"test.narrow", "test.wide"});
}

TEST_CASE("what a rule refuses takes no token", "[unit][timeline]") {
    const auto boxes = boxes_of(model_of(
        {limit_inbound("test.web", 1, 1), block_from("test.bad", AddressSet::single(from_v4(7)))}));
    Timeline timeline{boxes};
    CHECK(names(boxes, timeline.attempt(packet(1, 7, 80)).rules) == Names{"test.bad"});
    CHECK(timeline.expect(packet(1, 7, 80)).limited == false);
    CHECK(timeline.active(1).empty());
}

// ---- detections --------------------------------------------------------------------------------

TEST_CASE("the attempt that triggers is the first that is blocked", "[unit][timeline]") {
    const auto boxes = boxes_of(model_of(
        {detect("test.scan", Action::inbound, ports_scanned(3), {block_source(60 * second)})}));
    Timeline timeline{boxes};
    CHECK(timeline.attempt(packet(1, 9, 1)).outcome == Outcome::pass);
    CHECK(timeline.attempt(packet(2, 9, 2)).outcome == Outcome::pass);
    CHECK(timeline.attempt(packet(3, 9, 2)).outcome == Outcome::pass); // counted already
    CHECK(timeline.expect(packet(4, 9, 3)).outcome == Outcome::pass);  // does not count
    const auto third = timeline.attempt(packet(4, 9, 3));
    CHECK(third.outcome == Outcome::deny);
    CHECK_FALSE(third.blocked);
    REQUIRE(third.responses.size() == 1);
    CHECK_FALSE(third.responses[0].withheld);
    CHECK(timeline.expect(packet(5, 9, 80)).blocked);
    CHECK(timeline.expect(packet(5, 10, 80)).outcome == Outcome::pass);
    CHECK(timeline.expect(packet(4 + 60 * second - 1, 9, 80)).blocked);
    CHECK(timeline.expect(packet(4 + 60 * second, 9, 80)).outcome == Outcome::pass);
}

TEST_CASE("what a block drops feeds nothing", "[unit][timeline]") {
    auto model = model_of(
        {detect("test.scan", Action::inbound, ports_scanned(2), {block_source(20 * second)}),
         limit_inbound("test.web", 1, 2)});
    const auto boxes = boxes_of(std::move(model));
    Timeline timeline{boxes};
    timeline.attempt(packet(second, 9, 1));
    timeline.attempt(packet(second, 9, 2)); // triggers, and takes the last token
    for (std::uint16_t port = 3; port < 100; ++port)
        CHECK(timeline.attempt(packet(20 * second, 9, port)).blocked);
    CHECK(timeline.attempt(packet(21 * second, 9, 3)).outcome == Outcome::pass);
}

TEST_CASE("addresses that are never blocked are not", "[unit][timeline]") {
    auto model = model_of(
        {detect("test.scan", Action::inbound, ports_scanned(1), {block_source(60 * second)})});
    model.rails.never_block = AddressSet::single(from_v4(9));
    const auto boxes = boxes_of(std::move(model));
    Timeline timeline{boxes};
    const auto spared = timeline.attempt(packet(1, 9, 1));
    CHECK(spared.outcome == Outcome::pass);
    REQUIRE(spared.responses.size() == 1);
    CHECK(spared.responses[0].withheld);
    CHECK(timeline.expect(packet(2, 9, 1)).outcome == Outcome::pass);
    CHECK(timeline.attempt(packet(2, 10, 1)).outcome == Outcome::deny);
}

TEST_CASE("a block of an IPv6 source takes its /64", "[unit][timeline]") {
    const auto boxes = boxes_of(model_of(
        {detect("test.scan", Action::inbound, ports_scanned(1), {block_source(60 * second)})}));
    const auto at = [](Address source) {
        auto moment = packet(1, 0, 1);
        moment.attempt.flow.source = source;
        return moment;
    };
    const auto first = *parse_address("2001:db8::1");
    Timeline timeline{boxes};
    timeline.attempt(at(first));
    CHECK(timeline.expect(at(*parse_address("2001:db8::ffff"))).blocked);
    CHECK_FALSE(timeline.expect(at(*parse_address("2001:db8:0:1::1"))).blocked);
}

TEST_CASE("a detection is armed again when its window empties", "[unit][timeline]") {
    const auto window = attempts_per(StateKey::user, 2, second);
    const auto boxes = boxes_of(
        model_of({detect("test.bomb", Action::fork, window,
                         {respond(Response::Kind::deny), respond(Response::Kind::alert)})}));
    Timeline timeline{boxes};
    const auto raised = [&](std::uint64_t now) {
        return timeline.attempt(fork_of(now, 1000, "/")).responses.size();
    };
    CHECK(raised(1) == 0);
    CHECK(raised(2) == 2);
    CHECK(raised(second) == 0); // it goes on
    CHECK(timeline.expect(fork_of(second + 1, 1000, "/")).outcome == Outcome::deny);
    CHECK(timeline.expect(fork_of(second + 1, 1001, "/")).outcome == Outcome::pass);
    CHECK(timeline.expect(fork_of(2 * second, 1000, "/")).outcome == Outcome::pass);
    CHECK(raised(2 * second) == 0);
    CHECK(raised(2 * second + 1) == 2);
}

TEST_CASE("a detection is armed again when its response ends", "[unit][timeline]") {
    auto response = respond(Response::Kind::syncookies);
    response.duration_ns = 2 * second;
    const auto window = attempts_per(StateKey::port, 2, 100 * second);
    const auto boxes =
        boxes_of(model_of({detect("test.flood", Action::inbound, window, {response})}));
    Timeline timeline{boxes};
    const auto raised = [&](std::uint64_t now) {
        return timeline.attempt(packet(now, 1, 80)).responses.size();
    };
    CHECK(raised(1) == 0);
    CHECK(raised(2) == 1);
    CHECK(raised(2 * second + 1) == 0);
    CHECK(raised(2 * second + 2) == 1); // still flooded
}

TEST_CASE("who is never killed is denied at most", "[unit][timeline]") {
    const auto window = attempts_per(StateKey::user, 1, second);
    auto model =
        model_of({detect("test.kill", Action::fork, window, {respond(Response::Kind::kill)})});
    model.rails.never_kill = {cgroup("/safe/**")};
    const auto boxes = boxes_of(std::move(model));
    Timeline timeline{boxes};
    const auto safe = timeline.attempt(fork_of(1, 1, "/safe/a"));
    CHECK(safe.outcome == Outcome::pass);
    CHECK(safe.responses.at(0).withheld);
    CHECK(timeline.attempt(fork_of(1, 2, "/other")).outcome == Outcome::kill);
}

TEST_CASE("an audited detection tells and does nothing", "[unit][timeline]") {
    auto rule = detect("test.scan", Action::inbound, ports_scanned(1), {block_source(second)});
    rule.audit = true;
    const auto boxes = boxes_of(model_of({rule}));
    Timeline timeline{boxes};
    const auto seen = timeline.attempt(packet(1, 9, 1));
    CHECK(seen.outcome == Outcome::audit);
    CHECK(seen.responses.at(0).withheld);
    CHECK_FALSE(timeline.expect(packet(2, 9, 1)).blocked);
}

TEST_CASE("windows count what a recount of all attempts counts", "[unit][timeline]") {
    CHECK(rc::check([] {
        const auto threshold = *rc::gen::inRange<std::uint32_t>(1, 6);
        const bool distinct = *rc::gen::arbitrary<bool>();
        auto window = attempts_per(StateKey::source, threshold, second);
        if (distinct) window.distinct = StateKey::port;
        const auto boxes = boxes_of(
            model_of({detect("test.d", Action::inbound, window, {respond(Response::Kind::deny)})}));
        Timeline timeline{boxes};
        std::vector<Moment> past;
        bool responding = false;
        for (const auto now : arrivals(second / 2)) {
            const auto port = *rc::gen::inRange<std::uint16_t>(1, 8);
            const auto in_window = [&](const Moment& moment) {
                return now - moment.time_ns < second;
            };
            responding = responding && std::any_of(past.begin(), past.end(), in_window);
            past.push_back(packet(now, 1, port));
            std::set<std::pair<std::size_t, std::uint16_t>> seen;
            for (std::size_t i = 0; i < past.size(); ++i)
                if (in_window(past[i])) seen.emplace(distinct ? 0 : i, *past[i].attempt.flow.port);
            responding = responding || seen.size() >= threshold;
            RC_ASSERT(timeline.attempt(past.back()).outcome ==
                      (responding ? Outcome::deny : Outcome::pass));
        }
    }));
}

TEST_CASE("the order of rules has no meaning for state", "[unit][timeline]") {
    CHECK(rc::check([] {
        std::vector<Rule> rules = {
            limit_inbound("test.narrow", 2, 1), limit_inbound("test.wide", 2, 3),
            detect("test.scan", Action::inbound, ports_scanned(4), {block_source(second)}),
            detect("test.flood", Action::inbound, attempts_per(StateKey::port, 3, second),
                   {respond(Response::Kind::deny)}),
            block_from("test.bad", AddressSet::single(from_v4(3)))};
        const auto boxes = boxes_of(model_of(rules));
        std::vector<std::size_t> shuffled = {0, 1, 2, 3, 4};
        for (int turns = *rc::gen::inRange(0, 120); turns > 0; --turns)
            std::next_permutation(shuffled.begin(), shuffled.end());
        std::vector<Rule> other;
        for (const auto index : shuffled) other.push_back(rules[index]);
        const auto other_boxes = boxes_of(model_of(other));
        Timeline timeline{boxes};
        Timeline other_timeline{other_boxes};
        for (const auto now : arrivals(second / 3)) {
            const auto moment = packet(now, *rc::gen::inRange<std::uint32_t>(1, 4),
                                       *rc::gen::inRange<std::uint16_t>(1, 6));
            const auto a = timeline.attempt(moment);
            const auto b = other_timeline.attempt(moment);
            RC_ASSERT(a.outcome == b.outcome);
            RC_ASSERT(a.blocked == b.blocked);
            RC_ASSERT(names(boxes, a.rules) == names(other_boxes, b.rules));
            RC_ASSERT(a.responses.size() == b.responses.size());
        }
    }));
}

TEST_CASE("active state is what refuses attempts now", "[unit][timeline]") {
    const auto boxes = boxes_of(model_of(
        {limit_inbound("test.web", 1, 1),
         detect("test.scan", Action::inbound, ports_scanned(2), {block_source(5 * second)})}));
    Timeline timeline{boxes};
    timeline.attempt(packet(1, 9, 1));
    auto states = timeline.active(2);
    REQUIRE(states.size() == 1);
    CHECK(states[0].kind == ActiveState::Kind::excess);
    CHECK(to_string(states[0].key, states[0].value) == "0.0.0.9");
    timeline.attempt(packet(2 * second, 9, 2));
    states = timeline.active(3 * second);
    REQUIRE(states.size() == 1);
    CHECK(states[0].kind == ActiveState::Kind::block);
    CHECK(timeline.active(7 * second).empty());
}

} // namespace synpol::testing

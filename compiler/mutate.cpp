// SPDX-License-Identifier: Apache-2.0
#include "compiler/mutate.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/mutate_sets.h"

namespace synpol {

namespace {

using Change = std::function<bool(Rule&)>;
using Objects = std::function<ObjectPattern*(Rule&)>;
using Subjects = std::function<SubjectExpr*(Rule&)>;

class Mutator {
  public:
    explicit Mutator(const Rule& rule) : rule_{rule} {}

    std::vector<Mutation> run() {
        add("the rule is dropped", rule_.span, [](Rule&) { return true; });
        mutations_.back().drops = true;
        weaken();
        exceptions();
        for (std::size_t i = 0; i < rule_.objects.size(); ++i)
            object(rule_.objects[i], at_object(i));
        subject(rule_.subject, [](Rule& rule) { return &rule.subject; });
        counts();
        responses();
        return std::move(mutations_);
    }

  private:
    void add(std::string what, Span span, Change change) {
        mutations_.push_back({rule_.name, std::move(what), std::move(change), false, span});
    }

    void weaken() {
        if (rule_.kind == RuleKind::kill)
            add("kill becomes deny", rule_.span, [](Rule& rule) {
                rule.kind = RuleKind::deny;
                return true;
            });
        if (rule_.audit) return;
        add("the rule only audits", rule_.span, [](Rule& rule) {
            rule.audit = true;
            return true;
        });
    }

    void exceptions() {
        for (std::size_t i = 0; i < rule_.exceptions.size(); ++i) {
            const auto& exception = rule_.exceptions[i];
            const auto span = exception.span;
            add(exception.exempted_by.empty()
                    ? std::string{"an exception is dropped"}
                    : fmt::format("the exemption by {} is dropped", exception.exempted_by),
                span, [i](Rule& rule) {
                    if (i >= rule.exceptions.size()) return false;
                    rule.exceptions.erase(rule.exceptions.begin() + static_cast<std::ptrdiff_t>(i));
                    return true;
                });
            object(exception.object, at_exception(i));
            subject(exception.subject, [i](Rule& rule) {
                return i < rule.exceptions.size() ? &rule.exceptions[i].subject : nullptr;
            });
        }
    }

    static Objects at_object(std::size_t i) {
        return [i](Rule& rule) { return i < rule.objects.size() ? &rule.objects[i] : nullptr; };
    }
    static Objects at_exception(std::size_t i) {
        return [i](Rule& rule) {
            return i < rule.exceptions.size() ? &rule.exceptions[i].object : nullptr;
        };
    }

    /// One mutation for each other value of the set.
    template <typename Set, typename Get>
    void variants(const Set& set, const Objects& where, Get get, const std::string& name) {
        for (auto& variant : variants_of(set, name)) {
            add(std::move(variant.what), rule_.object_span,
                [where, get, before = set, after = variant.set](Rule& rule) {
                    auto* object = where(rule);
                    // A test that replaces the set has another one here.
                    if (object == nullptr || !(get(*object) == before)) return false;
                    get(*object) = after;
                    return true;
                });
        }
    }

    void object(const ObjectPattern& object, const Objects& where) {
        const auto action = rule_.action;
        if (is_packet(action))
            variants(
                object.flow.source, where, [](auto& one) -> auto& { return one.flow.source; },
                "source");
        if (has_flow(action)) {
            variants(
                object.flow.target, where, [](auto& one) -> auto& { return one.flow.target; },
                "target");
            variants(
                object.flow.ports, where, [](auto& one) -> auto& { return one.flow.ports; },
                "port");
            protocol(object, where);
        }
        if (action == Action::syscall) {
            calls(object.syscalls, where);
            for (std::size_t i = 0; i < argument_count; ++i)
                variants(
                    object.arguments[i],
                    where, [i](auto& one) -> auto& { return one.arguments[i]; },
                    fmt::format("arg{}", i));
        }
        if (has_path(action))
            variants(
                object.paths, where, [](auto& one) -> auto& { return one.paths; }, "path");
        if (action == Action::setuid)
            variants(
                object.accounts, where, [](auto& one) -> auto& { return one.accounts; }, "user");
        if (has_peer(action))
            subject(object.peer, [where](Rule& rule) {
                auto* found = where(rule);
                return found == nullptr ? nullptr : &found->peer;
            });
    }

    void protocol(const ObjectPattern& object, const Objects& where) {
        if (object.flow.transports == everything().flow.transports) return;
        add("the protocol is dropped", rule_.object_span, [where](Rule& rule) {
            auto* found = where(rule);
            if (found == nullptr) return false;
            found->flow.transports = everything().flow.transports;
            return true;
        });
    }

    void calls(const SyscallSet& set, const Objects& where) {
        for (const auto& [name, keys] : calls_in(set, mutations_per_set)) {
            add(fmt::format("{} is left out", name), rule_.object_span,
                [where, gone = keys](Rule& rule) {
                    auto* found = where(rule);
                    if (found == nullptr || (found->syscalls & gone).empty()) return false;
                    found->syscalls = found->syscalls - gone;
                    return true;
                });
        }
    }

    void subject(const SubjectExpr& subject, const Subjects& where) {
        for (const auto& variant : variants_of(subject)) {
            add(variant.what, rule_.span,
                [where, before = subject, after = variant.subject](Rule& rule) {
                    auto* found = where(rule);
                    if (found == nullptr || !(*found == before)) return false;
                    *found = after;
                    return true;
                });
        }
    }

    /// A number of the rule, off by one both ways.
    template <typename Get>
    void number(const std::string& name, Get get) {
        Rule copy = rule_;
        const auto now = *get(copy);
        for (const auto next : {now - 1, now + 1}) {
            if (next == 0) continue;
            add(fmt::format("{} {} becomes {}", name, now, next), rule_.span,
                [get, next](Rule& rule) {
                    auto* found = get(rule);
                    if (found == nullptr) return false;
                    *found = next;
                    return true;
                });
        }
    }

    void counts() {
        if (rule_.window)
            number("threshold",
                   [](Rule& rule) { return rule.window ? &rule.window->threshold : nullptr; });
        if (!rule_.limit) return;
        number("rate", [](Rule& rule) { return rule.limit ? &rule.limit->tokens : nullptr; });
        number("burst", [](Rule& rule) { return rule.limit ? &rule.limit->burst : nullptr; });
    }

    /// No test can see an alert.
    void responses() {
        using Kind = Response::Kind;
        for (std::size_t i = 0; i < rule_.responses.size(); ++i) {
            const auto& response = rule_.responses[i];
            const bool seen = response.kind == Kind::block || response.kind == Kind::deny ||
                              response.kind == Kind::kill;
            if (!seen) continue;
            add(fmt::format("the response {} is dropped", name_of(response.kind)), response.span,
                [i](Rule& rule) {
                    if (i >= rule.responses.size()) return false;
                    rule.responses.erase(rule.responses.begin() + static_cast<std::ptrdiff_t>(i));
                    return true;
                });
        }
    }

    const Rule& rule_;
    std::vector<Mutation> mutations_;
};

} // namespace

std::vector<Mutation> mutations_of(const Rule& rule) {
    return Mutator{rule}.run();
}

std::optional<Model> mutate(const Model& model, const Mutation& mutation) {
    Model mutant = model;
    const auto found = std::find_if(mutant.rules.begin(), mutant.rules.end(),
                                    [&](const auto& rule) { return rule.name == mutation.rule; });
    if (found == mutant.rules.end() || !mutation.change(*found)) return std::nullopt;
    if (mutation.drops) mutant.rules.erase(found);
    return mutant;
}

} // namespace synpol

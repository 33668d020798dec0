// SPDX-License-Identifier: Apache-2.0
// Exceptions and exemptions that take nothing out of their rule: what they name lies outside of it,
// which an attempt shows, or others of the same rule take it already.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/lints/lint.h"
#include "compiler/product_emptiness.h"
#include "compiler/region.h"
#include "compiler/relevant_facts.h"

namespace synpol {

namespace {

/// Exceptions of one rule are compared in pairs; beyond this many only those outside are found.
constexpr std::size_t compared_max = 256;

/// Places in Rule::exceptions.
using Places = std::vector<std::size_t>;

/// Why an exception excepts nothing.
struct Death {
    std::size_t exception = 0;
    Places takers; ///< the others that take all of it; none: it lies outside of the rule
};

/// Every set that holds a state of TCP holds the unreadable one, too: that two sets share it says
/// nothing.
const TransportSet& readable_transports() {
    static const TransportSet readable = [] {
        std::vector<Interval<std::uint16_t>> keys;
        for (unsigned first = 0; first < SP_TRANSPORT_KEYS; first += 4)
            keys.push_back({static_cast<std::uint16_t>(first),
                            static_cast<std::uint16_t>(first + SP_TCP_UNREADABLE - 1)});
        return TransportSet::from(std::move(keys));
    }();
    return readable;
}

/// What regions are made and looked at with, for all rules.
struct Tools {
    explicit Tools(const BoxSet& boxes)
        : rails{boxes.model.rails}, group_sets{boxes.group_sets}, lineage_sets{boxes.lineage_sets} {
    }

    /// `never` is no exception that somebody wrote at the rule. It does take, though.
    bool is_rail(const Exception& exception) const {
        const auto is = [&](const std::vector<Span>& spans) {
            return std::find(spans.begin(), spans.end(), exception.span) != spans.end();
        };
        return is(rails.kill_spans) || is(rails.block_spans);
    }

    const Rails& rails;
    std::vector<IdSet> group_sets;
    std::vector<SubjectExpr> lineage_sets;
    RegionMaker regions{{group_sets, lineage_sets}};
    ProductEmptiness emptiness{lineage_sets};
};

/// The deaths in one rule.
class DeathFinder {
  public:
    DeathFinder(const Rule& rule, Tools& tools) : rule_{rule}, tools_{tools} {}

    /// False where that is too much to find out, or where the rule is empty without exceptions:
    /// then they are not to blame.
    bool run() {
        Rule bare = rule_;
        bare.exceptions.clear();
        auto whole = tools_.regions.region_of(bare);
        if (!whole) return false;
        drop_empty(*whole);
        if (whole->empty()) return false;
        for (const auto& exception : rule_.exceptions) {
            auto hole = tools_.regions.hole_of(rule_, exception);
            if (!hole) return false;
            taken_.push_back(meet(*whole, *hole));
            holes_.push_back(std::move(*hole));
        }
        find_deaths();
        return true;
    }

    const std::vector<Death>& deaths() const { return deaths_; }

  private:
    Products meet(const Products& whole, const Products& hole) {
        Products both;
        for (const auto& a : whole)
            for (const auto& b : hole)
                if (auto product = intersect(a, b)) both.push_back(std::move(*product));
        for (auto& product : both) product.transports = product.transports & readable_transports();
        drop_empty(both);
        return both;
    }

    void drop_empty(Products& products) {
        std::erase_if(products, [&](const Product& product) {
            return known_empty(product, tools_.group_sets) ||
                   tools_.emptiness.is_empty(product, rule_.action);
        });
    }

    /// From the last one on, so that of two that say the same the later one is dead.
    void find_deaths() {
        for (std::size_t i = taken_.size(); i-- > 0;) {
            if (tools_.is_rail(rule_.exceptions[i])) continue;
            if (taken_[i].empty()) {
                deaths_.push_back({i, {}});
            } else if (auto takers = takers_of(i); !takers.empty()) {
                deaths_.push_back({i, std::move(takers)});
            } else {
                continue;
            }
            taken_[i].clear();
        }
    }

    /// What is over before the exception does not take its place.
    bool outlives(const Exception& other, const Exception& exception) const {
        return !other.until || (exception.until && *exception.until <= *other.until);
    }

    /// The others that could take something of it.
    Places candidates(std::size_t i) const {
        Places places;
        if (taken_.size() > compared_max) return places;
        for (std::size_t other = 0; other < taken_.size(); ++other)
            if (other != i && !taken_[other].empty() &&
                outlives(rule_.exceptions[other], rule_.exceptions[i]))
                places.push_back(other);
        return places;
    }

    Places takers_of(std::size_t i) {
        const auto others = candidates(i);
        if (others.empty() || !is_path_taken(i, others)) return {};
        for (const auto other : others)
            if (is_taken(i, {other})) return {other};
        if (!is_taken(i, others)) return {};
        Places needed = others;
        for (const auto other : others) {
            Places fewer = needed;
            std::erase(fewer, other);
            if (is_taken(i, fewer)) needed = std::move(fewer);
        }
        return needed;
    }

    /// Most exceptions name paths of their own: one of them that no other names shows that without
    /// building any automaton of several.
    bool is_path_taken(std::size_t i, const Places& others) {
        const auto path = tools_.emptiness.path_of(taken_[i].front(), rule_.action);
        const auto names_it = [&](const Product& hole) { return hole.paths.contains(*path); };
        return !path || std::any_of(others.begin(), others.end(), [&](std::size_t other) {
            return std::any_of(holes_[other].begin(), holes_[other].end(), names_it);
        });
    }

    bool is_taken(std::size_t i, const Places& others) {
        Products left = taken_[i];
        for (const auto other : others)
            for (const auto& hole : holes_[other]) {
                left = subtract(left, hole, tools_.group_sets);
                if (left.size() > products_max) return false;
            }
        drop_empty(left);
        return left.empty();
    }

    const Rule& rule_;
    Tools& tools_;
    std::vector<Products> holes_; ///< by exception
    std::vector<Products> taken_; ///< of the rule; none for the dead ones
    std::vector<Death> deaths_;
};

/// The facts that the rule or the exception asks about: others are noise.
AskedDims asked_by(const Rule& rule, const Exception& exception) {
    Model model;
    model.rules = {rule, rule};
    model.rules.front().exceptions.clear();
    Rule& probe = model.rules.back();
    probe.kind = RuleKind::deny;
    probe.objects = {exception.object};
    probe.subject = exception.subject;
    probe.exceptions.clear();
    Diagnostics ignored;
    AskedDims asked{};
    add_asked(lower(std::move(model), ignored), rule.action, asked);
    return asked;
}

SubjectExpr both(const SubjectExpr& a, const SubjectExpr& b) {
    SubjectExpr result;
    result.kind = SubjectExpr::Kind::all_of;
    result.children = {a, b};
    return result;
}

/// What the exception names, first as far as it is near the rule: a subject of the rule, then an
/// object of it, so that the attempt shows what keeps the two apart.
std::vector<AttemptPattern> patterns_of(const Rule& rule, const Exception& exception) {
    const bool has_subject = !is_packet(rule.action);
    AttemptPattern whole;
    whole.action = rule.action;
    whole.objects = {exception.object};
    if (has_subject) whole.subject = exception.subject;
    std::vector<AttemptPattern> patterns;
    if (has_subject) {
        patterns.push_back(whole);
        patterns.back().subject = both(rule.subject, exception.subject);
    }
    if (rule.kind != RuleKind::only && exception.object == everything()) {
        patterns.push_back(whole);
        patterns.back().objects = rule.objects;
    }
    patterns.push_back(std::move(whole));
    return patterns;
}

/// The plainest attempt that the exception names, as text; nothing where there is none at all.
std::optional<std::string> attempt_of(const Rule& rule, const Exception& exception,
                                      const Placeholders::Names& names) {
    const auto patterns = patterns_of(rule, exception);
    const auto space = Space::make({}, patterns);
    if (!space) return std::nullopt;
    std::optional<Witness> witness;
    for (std::size_t i = 0; i < patterns.size() && !witness; ++i)
        witness = space->witness(space->region_of_pattern(i));
    if (!witness) return std::nullopt;
    const auto attempt = with_asked(witness->attempt, asked_by(rule, exception));
    auto text = to_string(attempt, names);
    const auto subject = subject_to_string(attempt.subject, names);
    return is_packet(rule.action) || subject.empty() ? text : text + " as " + subject;
}

/// A line of a confine is meant as a part of it.
std::string name_of(const Rule& rule) {
    return rule.confined ? rule.name.substr(0, rule.name.rfind('.')) : rule.name;
}

/// An exception of a confine is one of each of its lines, and one of a detection that spares
/// somebody is in both of its parts: it is dead where it is dead in all of them.
class DeadExceptions {
  public:
    DeadExceptions(const LintInput& input, LintReport& report) : input_{input}, report_{report} {}

    void run() {
        for (const auto& rule : input_.boxes.model.rules) {
            if (rule.exceptions.empty()) continue;
            DeathFinder finder{rule, tools_};
            if (!finder.run()) continue;
            for (std::size_t i = 0; i < rule.exceptions.size(); ++i) look_at(rule, i, finder);
        }
        for (const auto& [key, found] : found_)
            if (!found.alive) tell(*found.rule, found.death);
    }

  private:
    struct Found {
        const Rule* rule = nullptr; ///< the first in which it is dead
        Death death;
        bool alive = false; ///< in some rule
    };
    using Key = std::tuple<FileId, std::size_t, std::size_t>;

    static Key key_of(Span span) { return {span.file, span.begin, span.end}; }

    void look_at(const Rule& rule, std::size_t i, const DeathFinder& finder) {
        if (tools_.is_rail(rule.exceptions[i])) return;
        const auto& deaths = finder.deaths();
        const auto death = std::find_if(deaths.begin(), deaths.end(),
                                        [&](const Death& one) { return one.exception == i; });
        auto& found = found_[key_of(rule.exceptions[i].span)];
        if (death == deaths.end()) {
            found.alive = true;
        } else if (found.rule == nullptr) {
            found.rule = &rule;
            found.death = *death;
        }
    }

    void tell(const Rule& rule, const Death& death) {
        const auto& exception = rule.exceptions[death.exception];
        const bool outside = death.takers.empty();
        auto& diagnostic =
            report_.add(rule, exception.span,
                        fmt::format("the {} takes nothing out of {}",
                                    exception.exempted_by.empty() ? "exception" : "exemption",
                                    exception.exempted_by.empty() ? name_of(rule) : rule.name),
                        outside ? "outside of the rule" : "taken out already");
        if (outside) {
            if (!rule.confined)
                diagnostic.secondary.push_back({rule.object_span, "what the rule speaks about"});
            if (const auto attempt = attempt_of(rule, exception, input_.boxes.model.placeholders))
                diagnostic.notes.push_back("named by it, and not by the rule: " + *attempt);
        }
        for (const auto taker : death.takers)
            diagnostic.secondary.push_back(
                {rule.exceptions[taker].span,
                 death.takers.size() == 1 ? "this takes all of it" : "this takes some of it"});
    }

    const LintInput& input_;
    LintReport& report_;
    Tools tools_{input_.boxes};
    std::map<Key, Found> found_;
};

} // namespace

void lint_dead_exception(const LintInput& input, LintReport& report) {
    DeadExceptions{input, report}.run();
}

} // namespace synpol

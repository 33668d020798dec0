// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "policy/expiry.h"
#include "policy/extensions.h"
#include "policy/resolve_rules.h"

namespace synpol {
namespace {

/// Calls f(statement) for the statements of one kind.
template <typename T, typename F>
void each(const PolicyFile& file, F f) {
    for (const auto& statement : file.tree.statements) {
        if (const auto* one = std::get_if<T>(&statement.what)) f(*one, statement.span);
    }
}

/// A rail that says `never block`, with what is needed to tell why an address gets through.
struct BlockRail {
    AddressSet addresses;
    std::string because;
    Span span;
};

class Resolver {
  public:
    Resolver(Date today, ResolveContext& context)
        : context_{context}, reporter_{context.reporter}, sets_{context},
          subjects_{sets_, reporter_}, objects_{sets_, subjects_, reporter_}, expiry_{today,
                                                                                      reporter_},
          rules_{context, {sets_, subjects_, objects_, expiry_}, result_.names, result_.model} {}

    Resolution resolve(const std::vector<const PolicyFile*>& files);

  private:
    void policy(const PolicyFile& file);
    void definitions(const PolicyFile& file);
    void extensions(const PolicyFile& file);
    void rules(const PolicyFile& file);
    void rails(const PolicyFile& file);
    void exemptions(const PolicyFile& file);
    void unused(const PolicyFile& file);
    void spare(Rule& rule) const;

    ResolveContext& context_;
    Reporter& reporter_;
    Resolution result_;
    SetResolver sets_;
    SubjectResolver subjects_;
    ObjectResolver objects_;
    Expiry expiry_;
    RuleResolver rules_;
    std::vector<BlockRail> block_rails_;
};

void Resolver::policy(const PolicyFile& file) {
    if (file.policy == nullptr) return;
    PolicyInfo info;
    info.name = file.policy->name.text;
    if (file.policy->title) info.title = file.policy->title->value;
    info.audit_mode = file.policy->audit_mode;
    info.file = file.id;
    result_.model.policies.push_back(std::move(info));
}

void Resolver::definitions(const PolicyFile& file) {
    for (const auto& statement : file.tree.statements) {
        if (reporter_.full()) return;
        if (const auto* set = std::get_if<ast::Set>(&statement.what)) sets_.check(*set, file);
        if (const auto* subject = std::get_if<ast::SubjectSet>(&statement.what)) {
            subjects_.check(*subject, file);
        }
    }
}

/// The dates of extensions count like those of rules; what they add is known already.
void Resolver::extensions(const PolicyFile& file) {
    each<ast::Extend>(file, [&](const ast::Extend& extend, Span) {
        if (expiry_.term(extend.until, "extension").over) return;
        if (auto one = resolve_extension(extend, file, context_))
            result_.model.extensions.push_back(std::move(*one));
    });
}

void Resolver::rules(const PolicyFile& file) {
    rules_.begin(file);
    for (const auto& statement : file.tree.statements) {
        if (reporter_.full()) return;
        if (const auto* rule = std::get_if<ast::Rule>(&statement.what)) rules_.rule(*rule);
        if (const auto* block = std::get_if<ast::ForBlock>(&statement.what)) rules_.block(*block);
    }
}

void Resolver::exemptions(const PolicyFile& file) {
    rules_.begin(file);
    each<ast::Exempt>(file, [&](const ast::Exempt& exempt, Span) { rules_.exempt(exempt); });
}

void Resolver::unused(const PolicyFile& file) {
    each<ast::Set>(file, [&](const ast::Set& set, Span) {
        if (!reporter_.full()) sets_.check_unused(set, file);
    });
}

// ---- rails -------------------------------------------------------------------------------------

void Resolver::rails(const PolicyFile& file) {
    auto& rails = result_.model.rails;
    each<ast::Never>(file, [&](const ast::Never& never, Span span) {
        if (const auto* subject = std::get_if<ast::Subject>(&never.what)) {
            rails.never_kill.push_back(subjects_.resolve(*subject, {&file}));
            rails.kill_spans.push_back(span);
            return;
        }
        const auto& written = std::get<ast::SetExpr>(never.what);
        const auto addresses = sets_.evaluate<AddressKind>(written, {&file}).set;
        rails.never_block = rails.never_block | addresses;
        rails.block_spans.push_back(span);
        block_rails_.push_back({addresses, never.because ? never.because->value : "", span});
    });
}

/// Takes the addresses of the rails out of what drops packets: a fence drops them as a block does.
void Resolver::spare(Rule& rule) const {
    if (!is_packet(rule.action)) return;
    const bool drops = rule.kind == RuleKind::block || rule.kind == RuleKind::only;
    if (!drops) return;
    const auto other_side =
        rule.action == Action::inbound ? &FlowPattern::source : &FlowPattern::target;
    for (const auto& rail : block_rails_) {
        // A hole beside the rule would be reported as one that excepts nothing.
        const bool beside =
            rule.kind == RuleKind::block &&
            std::all_of(rule.objects.begin(), rule.objects.end(), [&](const auto& o) {
                return (o.flow.*other_side & rail.addresses).empty();
            });
        if (beside || rail.addresses.empty()) continue;
        Exception hole;
        hole.object = everything();
        hole.object.flow.*other_side = rail.addresses;
        hole.because = rail.because;
        hole.span = rail.span;
        rule.exceptions.push_back(std::move(hole));
    }
}

// ---- all of it ---------------------------------------------------------------------------------

Resolution Resolver::resolve(const std::vector<const PolicyFile*>& files) {
    for (const auto* file : files) policy(*file);
    for (const auto* file : files) {
        definitions(*file);
        extensions(*file);
        rails(*file);
        rules(*file);
    }
    for (const auto* file : files) exemptions(*file);
    for (const auto* file : files) unused(*file);
    for (auto& rule : result_.model.rules) spare(rule);
    result_.model.deadlines = expiry_.deadlines();
    result_.model.placeholders = context_.cache.placeholders.names();
    return std::move(result_);
}

void extend(const ast::Extend& written, const PolicyFile& file, SetResolver& sets,
            ResolveContext& context) {
    const auto* set = sets.find_set(written.name, {&file});
    if (set == nullptr) return;
    if (set->open) {
        context.changes.extensions[set].push_back({&written.value, &file});
        return;
    }
    auto& error = context.reporter.error(Code::closed_set, written.name.span,
                                         fmt::format("`{}` is not open", written.name.text),
                                         "cannot be extended");
    error.secondary.push_back({set->name.span, "defined without `open`"});
}

} // namespace

void collect_extensions(const std::vector<const PolicyFile*>& files, Date today,
                        ResolveContext& context) {
    Diagnostics later; // the resolution reports the dates
    Reporter silent{later};
    Expiry expiry{today, silent};
    SetResolver sets{context};
    for (const auto* file : files) {
        each<ast::Extend>(*file, [&](const ast::Extend& written, Span) {
            if (!expiry.term(written.until, "extension").over) {
                extend(written, *file, sets, context);
            }
        });
    }
}

Resolution resolve(const std::vector<const PolicyFile*>& files, Date today,
                   ResolveContext& context) {
    return Resolver{today, context}.resolve(files);
}

} // namespace synpol

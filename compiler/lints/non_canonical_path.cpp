// SPDX-License-Identifier: Apache-2.0
// Paths through names that are symbolic links on every current distribution. The kernel decides by
// the path that is left when links are resolved, so such a pattern never matches.
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "compiler/lints/lint.h"

namespace synpol {

namespace {

/// Merged /usr (Debian 12, https://www.freedesktop.org/wiki/Software/systemd/TheCaseForTheUsrMerge)
/// and the file system hierarchy of systemd: file-hierarchy(7).
struct Link {
    std::string_view name;
    std::string_view target;
};
constexpr std::array links = {
    Link{"/bin", "/usr/bin"},
    Link{"/sbin", "/usr/sbin"},
    Link{"/lib", "/usr/lib"},
    Link{"/lib32", "/usr/lib32"},
    Link{"/lib64", "/usr/lib64"},
    Link{"/libx32", "/usr/libx32"},
    Link{"/var/run", "/run"},
    Link{"/var/lock", "/run/lock"},
    Link{"/etc/mtab", "/proc/self/mounts"},
};

bool is_below(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

struct Finding {
    std::string written;
    std::string meant;
};

void look(const PathSet& set, std::vector<Finding>& findings) {
    std::vector<const PathSet*> pending = {&set};
    while (!pending.empty()) {
        const PathSet& node = *pending.back();
        pending.pop_back();
        switch (node.kind()) {
        case PathSet::Kind::none:
        case PathSet::Kind::any:
            break;
        case PathSet::Kind::glob:
            for (const auto& [name, target] : links) {
                const std::string_view text = node.glob().text;
                if (!is_below(text, name)) continue;
                findings.push_back({std::string{text},
                                    std::string{target} + std::string{text.substr(name.size())}});
            }
            break;
        default:
            pending.push_back(&node.left());
            pending.push_back(&node.right());
        }
    }
}

void look(const SubjectExpr& subject, std::vector<Finding>& findings) {
    if (subject.kind == SubjectExpr::Kind::exe) look(subject.paths, findings);
    for (const auto& child : subject.children) look(child, findings);
}

void tell(const Rule& rule, Span span, const std::vector<Finding>& findings, LintReport& report) {
    if (findings.empty()) return;
    auto& diagnostic =
        report.add(rule, span,
                   fmt::format("{} names {}, which is a symbolic link on most systems", rule.name,
                               findings.front().written),
                   "the kernel decides by the path behind it");
    for (const auto& finding : findings)
        diagnostic.helps.push_back(fmt::format("write {} for {}", finding.meant, finding.written));
}

} // namespace

void lint_non_canonical_path(const LintInput& input, LintReport& report) {
    for (const auto& rule : input.boxes.model.rules) {
        std::vector<Finding> findings;
        for (const auto& object : rule.objects) {
            if (has_path(rule.action)) look(object.paths, findings);
            if (has_peer(rule.action)) look(object.peer, findings);
        }
        tell(rule, rule.object_span, findings, report);
        findings.clear();
        look(rule.subject, findings);
        tell(rule, rule.span, findings, report);
        for (const auto& exception : rule.exceptions) {
            findings.clear();
            look(exception.subject, findings);
            if (has_path(rule.action)) look(exception.object.paths, findings);
            tell(rule, exception.span, findings, report);
        }
    }
}

} // namespace synpol

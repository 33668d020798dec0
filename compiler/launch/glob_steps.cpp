// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/glob_steps.h"

#include <algorithm>

namespace synpol {

namespace {

constexpr std::string_view any_depth = "**";

std::vector<std::string> segments_of(std::string_view glob) {
    std::vector<std::string> segments;
    while (!glob.empty()) {
        glob.remove_prefix(1); // the '/'
        const auto end = std::min(glob.find('/'), glob.size());
        if (end > 0) segments.emplace_back(glob.substr(0, end));
        glob.remove_prefix(end);
    }
    return segments;
}

bool is_open(const std::string& segment) {
    return segment.find('*') != std::string::npos;
}

} // namespace

GlobSteps::GlobSteps(const FileWays& files) {
    std::map<std::string, std::uint32_t> known;
    for (std::size_t way = 0; way < way_count; ++way)
        add(files.refused[way], static_cast<Ways>(1u << way), known);
}

void GlobSteps::add(const PathSet& set, Ways way, std::map<std::string, std::uint32_t>& known) {
    std::vector<const PathSet*> pending = {&set};
    while (!pending.empty()) {
        const PathSet& node = *pending.back();
        pending.pop_back();
        if (node.kind() == PathSet::Kind::glob) {
            const auto& text = node.glob().text;
            if (!text.starts_with('/')) continue; // memfd_glob is no path
            const auto [entry, fresh] =
                known.try_emplace(text, static_cast<std::uint32_t>(globs_.size()));
            if (fresh) globs_.push_back({segments_of(text), 0});
            globs_[entry->second].ways |= way;
        } else if (node.kind() != PathSet::Kind::any && node.kind() != PathSet::Kind::none) {
            pending.push_back(&node.left());
            pending.push_back(&node.right());
        }
    }
}

const std::string* GlobSteps::next_of(const Step& step) const {
    const auto& names = globs_[step.glob].names;
    return step.segment < names.size() ? &names[step.segment] : nullptr;
}

/// `**` may be no segment at all, so what follows it is next, too.
void GlobSteps::advance(Step step, Steps& into) const {
    into.push_back(step);
    const auto* next = next_of(step);
    if (next && *next == any_depth) advance({step.glob, step.segment + 1}, into);
}

GlobSteps::Steps GlobSteps::root() const {
    Steps steps;
    for (std::uint32_t glob = 0; glob < globs_.size(); ++glob) advance({glob, 0}, steps);
    return steps;
}

GlobSteps::Names GlobSteps::names(const Steps& steps, Ways ways) const {
    Names names;
    for (const auto& step : steps) {
        const auto* next = next_of(step);
        if (!next || (globs_[step.glob].ways & ways) == 0) continue;
        if (is_open(*next))
            names.open.push_back(step);
        else
            advance({step.glob, step.segment + 1}, names.exact[*next]);
    }
    return names;
}

GlobSteps::Steps GlobSteps::follow(const Names& names, std::string_view name) const {
    Steps steps;
    const auto exact = names.exact.find(name);
    if (exact != names.exact.end()) steps = exact->second;
    for (const auto& step : names.open) {
        const auto& segment = *next_of(step);
        if (segment == any_depth)
            advance(step, steps);
        else if (matches(Glob{'/' + segment}, '/' + std::string{name}))
            advance({step.glob, step.segment + 1}, steps);
    }
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    return steps;
}

} // namespace synpol

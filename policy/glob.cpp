// SPDX-License-Identifier: Apache-2.0
#include "policy/glob.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

/// Calls f(segment) for the parts between slashes; "/" has none.
template <typename F>
void each_segment(std::string_view path, F f) {
    while (path.size() > 1) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        f(path.substr(0, end));
        path.remove_prefix(end);
        if (path == "/") return; // a slash at the end, which expand_glob refuses
    }
}

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> result;
    each_segment(path, [&](std::string_view segment) { result.push_back(segment); });
    return result;
}

bool matches_segment(std::string_view pattern, std::string_view name) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == name;
    const auto before = pattern.substr(0, star);
    const auto after = pattern.substr(star + 1);
    return name.size() >= before.size() + after.size() && name.starts_with(before) &&
           name.ends_with(after);
}

bool check_segment(std::string_view segment, std::string& error) {
    if (segment.empty()) error = "a path has no empty segment and no slash at its end";
    if (segment == "." || segment == "..") error = "a path has no `.` and no `..`";
    const auto stars = std::count(segment.begin(), segment.end(), '*');
    if (stars > 1 && segment != "**") {
        error = segment.find("**") != std::string_view::npos ? "`**` is a segment of its own"
                                                             : "a segment has at most one `*`";
    }
    return error.empty();
}

bool check(std::string_view glob, std::string& error) {
    if (glob.empty() || glob[0] != '/') {
        error = "a path starts with `/`";
    } else if (glob.size() > path_bytes_max) {
        error = fmt::format("a path has at most {} bytes", path_bytes_max);
    } else if (glob.find('\0') != std::string_view::npos) {
        error = "a path holds no NUL byte";
    }
    if (!error.empty() || glob == "/") return error.empty();
    if (glob.back() == '/') {
        error = "a path has no empty segment and no slash at its end";
        return false;
    }
    std::size_t trees = 0;
    each_segment(glob, [&](std::string_view segment) {
        if (error.empty()) (void)check_segment(segment, error);
        if (segment == "**") ++trees;
    });
    if (error.empty() && trees > 1) error = "a pattern has at most one `**`";
    return error.empty();
}

/// The offset of the brace that closes the one at `open`, and the commas of its level.
std::optional<std::vector<std::size_t>> brace_marks(std::string_view text, std::size_t open) {
    std::vector<std::size_t> marks{open};
    std::size_t depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        if (text[at] == '{') ++depth;
        if (text[at] == ',' && depth == 1) marks.push_back(at);
        if (text[at] == '}' && --depth == 0) {
            marks.push_back(at);
            return marks;
        }
    }
    return {};
}

} // namespace

std::optional<std::vector<Glob>> expand_glob(std::string_view text, std::string& error) {
    error.clear();
    if (text.size() > 2 * path_bytes_max) {
        error = fmt::format("a path has at most {} bytes", path_bytes_max);
        return {};
    }
    std::vector<Glob> done;
    std::vector<std::string> open{std::string{text}};
    while (!open.empty()) {
        const std::string next = std::move(open.back());
        open.pop_back();
        const auto brace = next.find('{');
        if (brace == std::string::npos) {
            if (next.find('}') != std::string::npos) error = "`}` closes nothing";
            if (!error.empty() || !check(next, error)) return {};
            done.push_back({next});
            continue;
        }
        const auto marks = brace_marks(next, brace);
        if (!marks || marks->size() < 3) {
            error = marks ? "braces hold two or more alternatives" : "`{` is not closed";
            return {};
        }
        if (open.size() + done.size() + marks->size() > glob_alternatives_max) {
            error =
                fmt::format("a pattern stands for at most {} alternatives", glob_alternatives_max);
            return {};
        }
        for (std::size_t i = 0; i + 1 < marks->size(); ++i) {
            const auto from = (*marks)[i] + 1;
            open.push_back(next.substr(0, brace) + next.substr(from, (*marks)[i + 1] - from) +
                           next.substr(marks->back() + 1));
        }
    }
    std::sort(done.begin(), done.end());
    done.erase(std::unique(done.begin(), done.end()), done.end());
    return done;
}

bool matches(const Glob& glob, std::string_view path) {
    if (glob.text == memfd_glob) return path == memfd_glob;
    if (path.empty() || path[0] != '/') return false;
    const auto pattern = segments(glob.text);
    const auto names = segments(path);
    const auto tree = std::find(pattern.begin(), pattern.end(), "**");
    const auto head = static_cast<std::size_t>(tree - pattern.begin());
    const bool has_tree = tree != pattern.end();
    const std::size_t tail = has_tree ? pattern.size() - head - 1 : 0;
    if (has_tree ? names.size() < head + tail : names.size() != head) return false;
    for (std::size_t i = 0; i < head; ++i) {
        if (!matches_segment(pattern[i], names[i])) return false;
    }
    for (std::size_t i = 1; i <= tail; ++i) {
        if (!matches_segment(pattern[pattern.size() - i], names[names.size() - i])) return false;
    }
    return true;
}

bool is_literal(const Glob& glob) {
    return glob.text.find('*') == std::string::npos;
}

} // namespace synpol

// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/libbpf_log.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <vector>

#include <bpf/libbpf.h>
#include <fmt/format.h>

namespace synpol {
namespace {

thread_local LibbpfLog* current = nullptr;

// A verifier log is one message of up to megabytes; what matters is at its start and its end.
constexpr std::size_t kept_head = 256;
constexpr std::size_t kept_tail = 16u << 10;
constexpr std::size_t shown_lines = 4;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Statistics that follow the reason of a refusal.
bool is_statistics(std::string_view line) {
    return line.starts_with("processed ") || line.starts_with("verification time") ||
           line.starts_with("stack depth");
}

std::string_view verifier_log(std::string_view text) {
    constexpr std::string_view begin = "BEGIN PROG LOAD LOG --";
    constexpr std::string_view end = "-- END PROG LOAD LOG";
    const auto first = text.rfind(begin);
    if (first == std::string_view::npos) return {};
    text.remove_prefix(first + begin.size());
    return text.substr(0, text.rfind(end));
}

} // namespace

struct LibbpfLogSink {
    static int print(libbpf_print_level level, const char* format, va_list arguments) {
        if (level == LIBBPF_DEBUG || current == nullptr) return 0;
        va_list again;
        va_copy(again, arguments);
        const int length = std::vsnprintf(nullptr, 0, format, again);
        va_end(again);
        if (length <= 0) return 0;
        std::string line(static_cast<std::size_t>(length) + 1, '\0');
        std::vsnprintf(line.data(), line.size(), format, arguments);
        line.pop_back();
        if (line.size() > kept_head + kept_tail)
            line.replace(kept_head, line.size() - kept_head - kept_tail, "\n...\n");
        current->text_ += line;
        return length;
    }
};

LibbpfLog::LibbpfLog() : outer_{current} {
    libbpf_set_print(LibbpfLogSink::print);
    current = this;
}

LibbpfLog::~LibbpfLog() {
    current = outer_;
}

std::string LibbpfLog::refused_program() const {
    constexpr std::string_view before = "prog '";
    const auto failure = text_.find("': BPF program load failed");
    if (failure == std::string::npos) return {};
    const auto start = text_.rfind(before, failure);
    if (start == std::string::npos) return {};
    return text_.substr(start + before.size(), failure - start - before.size());
}

std::string LibbpfLog::last_words() const {
    const auto log = verifier_log(text_);
    std::vector<std::string_view> lines = lines_of(log.empty() ? std::string_view{text_} : log);
    std::erase_if(lines, is_statistics);
    if (log.empty() && !lines.empty()) return std::string{lines.back()};
    if (lines.size() > shown_lines) lines.erase(lines.begin(), lines.end() - shown_lines);
    return fmt::format("{}", fmt::join(lines, "; "));
}

} // namespace synpol

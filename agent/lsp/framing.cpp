// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/framing.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

namespace synpol::lsp {
namespace {

constexpr std::size_t header_bytes_max = 8192;
constexpr std::string_view header_end = "\r\n\r\n";
constexpr std::string_view length_name = "content-length:";

bool starts_with_name(std::string_view line, std::string_view name) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return line.size() >= name.size() && std::equal(name.begin(), name.end(), line.begin(),
                                                    [&](char b, char a) { return same(a, b); });
}

std::optional<std::size_t> number_of(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    std::size_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || stopped != end || text.empty()) return {};
    return number;
}

std::optional<std::size_t> length_in(std::string_view header) {
    while (!header.empty()) {
        const auto end = std::min(header.find("\r\n"), header.size());
        const auto line = header.substr(0, end);
        if (starts_with_name(line, length_name)) return number_of(line.substr(length_name.size()));
        header.remove_prefix(std::min(end + 2, header.size()));
    }
    return {};
}

} // namespace

/// False at the end of the input.
Result<bool> FrameReader::more() {
    char bytes[65536];
    ssize_t count = 0;
    do {
        count = ::read(descriptor_, bytes, sizeof bytes);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return Error::from_errno("reading the editor's messages", errno);
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
}

Result<std::optional<std::size_t>> FrameReader::header() {
    for (;;) {
        const auto end = buffer_.find(header_end);
        if (end != std::string::npos && end <= header_bytes_max) {
            const auto length = length_in(std::string_view{buffer_}.substr(0, end));
            if (!length) return Error{"a message has no Content-Length that is a number"};
            buffer_.erase(0, end + header_end.size());
            return std::optional{*length};
        }
        if (buffer_.size() > header_bytes_max) return Error{"the header of a message has no end"};
        auto got = more();
        if (!got) return std::move(got.error());
        if (*got) continue;
        if (buffer_.empty()) return std::optional<std::size_t>{};
        return Error{"the input ends inside a message"};
    }
}

Result<bool> FrameReader::skip(std::size_t count) {
    for (;;) {
        const auto part = std::min(count, buffer_.size());
        buffer_.erase(0, part);
        count -= part;
        if (count == 0) return true;
        auto got = more();
        if (!got || !*got) return got;
    }
}

Result<std::optional<Frame>> FrameReader::next() {
    auto length = header();
    if (!length) return std::move(length.error());
    if (!*length) return std::optional<Frame>{};
    const auto size = **length;
    if (size > message_bytes_max) {
        auto skipped = skip(size);
        if (!skipped) return std::move(skipped.error());
        if (*skipped) return std::optional{Frame{{}, size}};
        return Error{"the input ends inside a message"};
    }
    while (buffer_.size() < size) {
        auto got = more();
        if (!got) return std::move(got.error());
        if (!*got) return Error{"the input ends inside a message"};
    }
    Frame frame{buffer_.substr(0, size), 0};
    buffer_.erase(0, size);
    return std::optional{std::move(frame)};
}

bool FrameReader::has_input(int wait_ms) const {
    if (!buffer_.empty()) return true;
    pollfd one{descriptor_, POLLIN, 0};
    return ::poll(&one, 1, wait_ms) > 0;
}

Result<void> write_frame(int descriptor, std::string_view body) {
    const auto message = fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
    std::string_view rest = message;
    while (!rest.empty()) {
        const auto count = ::write(descriptor, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno("answering the editor", errno);
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

} // namespace synpol::lsp

// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/network.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/literals.h"
#include "policy/values.h"

namespace synpol {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

/// A piece of a text with its own place, where the text is written as it is.
SandboxText piece(const SandboxText& whole, std::size_t begin, std::size_t size) {
    SandboxText part{whole.text.substr(begin, size), whole.span};
    const bool literal = whole.span.end - whole.span.begin == whole.text.size();
    if (literal) {
        part.span.begin = whole.span.begin + static_cast<std::uint32_t>(begin);
        part.span.end = part.span.begin + static_cast<std::uint32_t>(part.text.size());
    }
    return part;
}

SandboxText trimmed(const SandboxText& text) {
    const auto first = std::min(text.text.find_first_not_of(blanks), text.text.size());
    const auto last = text.text.find_last_not_of(blanks);
    return piece(text, first, last == std::string::npos ? 0 : last + 1 - first);
}

/// Takes a word and the blanks behind it off the front, if it is there.
bool take_word(SandboxText& text, std::string_view word) {
    if (!text.text.starts_with(word)) return false;
    const bool ends = text.text.size() > word.size() && text.text[word.size()] == ' ';
    if (!ends) return false;
    text = trimmed(piece(text, word.size(), std::string::npos));
    return true;
}

struct Halves {
    SandboxText target;
    std::optional<SandboxText> port;
};

/// "a:80" and "[v6]:80" have a port; more colons outside of brackets are an IPv6 address.
Halves halves(const SandboxText& text) {
    const auto& all = text.text;
    if (all.starts_with('[')) {
        const auto close = all.find(']');
        if (close == std::string::npos) return {text, {}};
        Halves result{piece(text, 1, close - 1), {}};
        if (close + 1 == all.size()) return result;
        if (all[close + 1] != ':') return {text, {}};
        result.port = piece(text, close + 2, std::string::npos);
        return result;
    }
    const auto colon = all.find(':');
    const bool one = colon != std::string::npos && all.find(':', colon + 1) == std::string::npos;
    if (!one) return {text, {}};
    return {piece(text, 0, colon), piece(text, colon + 1, std::string::npos)};
}

bool is_address(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return true;
    return !text.empty() && text.find_first_not_of("0123456789./-") == std::string_view::npos;
}

bool is_label(std::string_view label) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !label.empty() && label.size() <= label_bytes_max && label.front() != '-' &&
           label.back() != '-' && std::all_of(label.begin(), label.end(), good);
}

bool is_host(std::string_view text) {
    if (text.empty() || text.size() > host_bytes_max) return false;
    for (;;) {
        const auto dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

class EntryReader {
  public:
    explicit EntryReader(Reporter& reporter) : reporter_{reporter} {}
    std::optional<NetworkEntry> read(const SandboxText& text);

  private:
    bool port(NetworkEntry& entry);
    bool address(const NetworkEntry& entry);
    bool host(const NetworkEntry& entry);
    void wildcard(const SandboxText& target);

    Reporter& reporter_;
};

bool EntryReader::port(NetworkEntry& entry) {
    if (!entry.port) return true;
    if (entry.block) {
        reporter_
            .error(Code::bad_host, entry.port->span, "a block holds at every port",
                   "cannot be said with `block`")
            .helps.push_back("leave the port out, or allow only the ports that are needed");
        return false;
    }
    std::string why;
    const auto ports = parse_port_item(entry.port->text, why);
    if (ports) {
        entry.ports = *ports;
        return true;
    }
    reporter_.error(Code::bad_number, entry.port->span,
                    fmt::format("`{}` is no port: {}", entry.port->text, why), "not a port");
    return false;
}

bool EntryReader::address(const NetworkEntry& entry) {
    std::string why;
    if (parse_address_range(entry.target.text, why)) return true;
    auto& error =
        reporter_.error(Code::bad_address, entry.target.span,
                        fmt::format("`{}`: {}", entry.target.text, why), "not an address");
    const auto colon = entry.target.text.rfind(':');
    if (colon != std::string::npos) {
        error.notes.push_back("with a port an IPv6 address is written [2001:db8::1]:443");
    }
    return false;
}

void EntryReader::wildcard(const SandboxText& target) {
    auto& error =
        reporter_.error(Code::host_name, target.span,
                        fmt::format("`{}` stands for names that nobody can list", target.text),
                        "no kernel can decide this");
    error.notes.push_back("the kernel sees addresses; which sub-domains there are, only their "
                          "name server knows, and nothing here answers look-ups in its place");
    error.helps.push_back("name the hosts, each in a line, or the network that they are in as "
                          "10.0.0.0/8");
}

bool EntryReader::host(const NetworkEntry& entry) {
    if (entry.target.text.starts_with("*.")) {
        wildcard(entry.target);
        return false;
    }
    if (is_host(entry.target.text)) return true;
    reporter_
        .error(Code::bad_host, entry.target.span,
               fmt::format("`{}` is neither a host nor an address", entry.target.text),
               "not understood")
        .helps.push_back("a line is `allow all`, HOST, HOST:PORT, ADDRESS/BITS, "
                         "[IPV6/BITS]:PORT, or one of these without a port after `block`");
    return false;
}

std::optional<NetworkEntry> EntryReader::read(const SandboxText& text) {
    auto rest = trimmed(text);
    NetworkEntry entry;
    entry.block = take_word(rest, "block");
    if (!entry.block) (void)take_word(rest, "allow");
    entry.target = rest;
    if (rest.text == "all") {
        if (!entry.block) return entry;
        reporter_
            .error(Code::bad_host, text.span, "what is not allowed is blocked already",
                   "says nothing")
            .helps.push_back("leave the line out");
        return {};
    }
    auto [target, port_text] = halves(rest);
    entry.target = std::move(target);
    entry.port = std::move(port_text);
    const bool is_number = is_address(entry.target.text);
    entry.kind = is_number ? NetworkEntry::Kind::address : NetworkEntry::Kind::host;
    const bool good_target = is_number ? address(entry) : host(entry);
    if (!port(entry) || !good_target) return {};
    return entry;
}

} // namespace

std::optional<NetworkEntry> parse_network_entry(const SandboxText& text, Reporter& reporter) {
    return EntryReader{reporter}.read(text);
}

} // namespace synpol

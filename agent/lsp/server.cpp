// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/server.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "agent/lsp/framing.h"
#include "agent/lsp/uri.h"
#include "agent/version.h"

namespace synpol::lsp {
namespace {

// The protocol's numbers.
constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;
constexpr int not_initialized = -32002;
constexpr int request_failed = -32803;

Encoding choose_encoding(const Json& params) {
    for (const auto& one : array_at(params, {"capabilities", "general", "positionEncodings"})) {
        if (one == "utf-8") return Encoding::utf8;
    }
    return Encoding::utf16;
}

Json capabilities(Encoding encoding) {
    constexpr int incremental = 2;
    return {{"positionEncoding", encoding == Encoding::utf8 ? "utf-8" : "utf-16"},
            {"textDocumentSync",
             {{"openClose", true}, {"change", incremental}, {"save", Json::object()}}},
            {"hoverProvider", true},
            {"definitionProvider", true},
            {"documentFormattingProvider", true},
            {"renameProvider", {{"prepareProvider", true}}},
            {"codeActionProvider",
             {{"codeActionKinds", Json::array({"quickfix", "source.fixAll.synpol"})}}},
            {"codeLensProvider", {{"resolveProvider", false}}},
            {"completionProvider", {{"triggerCharacters", Json::array({"@", "."})}}}};
}

bool good_id(const Json& id) {
    return id.is_string() || id.is_number_integer();
}

} // namespace

// ---- the table ---------------------------------------------------------------------------------

struct Server::Method {
    std::string_view name;
    Answer (Server::*call)(const Json& params);
};

const Server::Method* Server::find_method(const std::string& name) {
    static constexpr Method methods[] = {
        {"initialize", &Server::initialize},
        {"initialized", &Server::ignore},
        {"shutdown", &Server::shutdown},
        {"exit", &Server::exit},
        {"textDocument/didOpen", &Server::open},
        {"textDocument/didChange", &Server::change},
        {"textDocument/didSave", &Server::save},
        {"textDocument/didClose", &Server::close},
        {"workspace/didChangeWatchedFiles", &Server::save},
        {"textDocument/hover", &Server::hover_at},
        {"textDocument/definition", &Server::definition_at},
        {"textDocument/completion", &Server::complete_at},
        {"textDocument/codeLens", &Server::lenses_of},
        {"textDocument/codeAction", &Server::actions_at},
        {"textDocument/formatting", &Server::format},
        {"textDocument/prepareRename", &Server::prepare_rename_at},
        {"textDocument/rename", &Server::rename_at},
    };
    const auto found = std::find_if(std::begin(methods), std::end(methods),
                                    [&](const Method& method) { return method.name == name; });
    return found == std::end(methods) ? nullptr : found;
}

// ---- messages ----------------------------------------------------------------------------------

void Server::fail(const Json& id, const Failure& failure) {
    send_({{"jsonrpc", "2.0"},
           {"id", id},
           {"error", {{"code", failure.code}, {"message", failure.message}}}});
}

void Server::warn(const std::string& text) {
    constexpr int warning = 2;
    send_({{"jsonrpc", "2.0"},
           {"method", "window/showMessage"},
           {"params", {{"type", warning}, {"message", text}}}});
}

void Server::refuse(std::size_t bytes) {
    fail(nullptr, {invalid_request, fmt::format("a message of {} bytes; at most {} are read", bytes,
                                                message_bytes_max)});
}

void Server::receive(const std::string& body) {
    const auto message = Json::parse(body, nullptr, false);
    if (message.is_discarded()) return fail(nullptr, {parse_error, "the message is no JSON"});
    if (!message.is_object()) return fail(nullptr, {invalid_request, "the message is no object"});
    dispatch(message);
}

Server::Answer Server::call(const Method& method, const Json& params) {
    const bool starts = method.call == &Server::initialize;
    const bool ends = method.call == &Server::exit;
    if (stage_ == Stage::fresh && !starts && !ends) {
        return Failure{not_initialized, "the session has not been initialized"};
    }
    if (stage_ == Stage::shut_down && !ends) {
        return Failure{invalid_request, "the session has been shut down"};
    }
    return (this->*method.call)(params);
}

void Server::dispatch(const Json& message) {
    const auto* id = find(message, {"id"});
    if (id != nullptr && !good_id(*id)) {
        return fail(nullptr, {invalid_request, "the id is neither a string nor a whole number"});
    }
    const auto name = text_at(message, {"method"});
    if (!name) { // an answer to a request of ours: there are none
        if (find(message, {"result"}) || find(message, {"error"})) return;
        return fail(id != nullptr ? *id : Json{}, {invalid_request, "there is no method"});
    }
    const auto* method = find_method(*name);
    if (method == nullptr) {
        if (id != nullptr) fail(*id, {method_not_found, fmt::format("no method {}", *name)});
        return;
    }
    static const Json nothing = Json::object();
    const auto* params = find(message, {"params"});
    auto answer = call(*method, params != nullptr ? *params : nothing);
    if (id == nullptr) return; // a notification has no answer, whatever became of it
    if (const auto* failure = std::get_if<Failure>(&answer)) return fail(*id, *failure);
    send_({{"jsonrpc", "2.0"}, {"id", *id}, {"result", std::get<Json>(std::move(answer))}});
}

// ---- the session -------------------------------------------------------------------------------

Server::Answer Server::initialize(const Json& params) {
    if (stage_ != Stage::fresh) return Failure{invalid_request, "initialized twice"};
    stage_ = Stage::running;
    encoding_ = choose_encoding(params);
    return Json{{"capabilities", capabilities(encoding_)},
                {"serverInfo", {{"name", "synpol"}, {"version", version}}}};
}

Server::Answer Server::ignore(const Json&) {
    return Json{};
}

Server::Answer Server::shutdown(const Json&) {
    stage_ = Stage::shut_down;
    return Json{};
}

Server::Answer Server::exit(const Json&) {
    exit_code_ = end_of_input();
    return Json{};
}

// ---- documents ---------------------------------------------------------------------------------

/// What was found with the old text of a file.
void Server::forget(const std::string& path) {
    std::erase_if(analyses_, [&](const auto& one) { return one.second->depends_on(path); });
    changed_ = true;
}

Document* Server::document(const Json& params) {
    const auto uri = text_at(params, {"textDocument", "uri"});
    if (!uri) return nullptr;
    const auto found = documents_.find(path_of_uri(*uri));
    return found == documents_.end() ? nullptr : &found->second;
}

Server::Answer Server::open(const Json& params) {
    auto uri = text_at(params, {"textDocument", "uri"});
    auto text = text_at(params, {"textDocument", "text"});
    if (!uri || !text) return Failure{invalid_params, "a document without uri or text"};
    const auto path = path_of_uri(*uri);
    documents_[path] = {std::move(*uri), std::move(*text),
                        number_at(params, {"textDocument", "version"})};
    forget(path);
    return Json{};
}

Server::Answer Server::change(const Json& params) {
    auto* changed = document(params);
    if (changed == nullptr) return Failure{invalid_params, "the document is not open"};
    for (const auto& one : array_at(params, {"contentChanges"})) {
        if (apply_change(changed->text, one, encoding_)) continue;
        warn(fmt::format("a change of {} makes no sense: what is shown may be about another text "
                         "until it is opened again",
                         changed->uri));
        break;
    }
    changed->version = number_at(params, {"textDocument", "version"});
    forget(path_of_uri(changed->uri));
    return Json{};
}

/// Lists and files that are not open may be other ones now.
Server::Answer Server::save(const Json&) {
    analyses_.clear();
    changed_ = true;
    return Json{};
}

Server::Answer Server::close(const Json& params) {
    auto* closed = document(params);
    if (closed == nullptr) return Failure{invalid_params, "the document is not open"};
    const auto path = path_of_uri(closed->uri);
    forget(path);
    analyses_.erase(path);
    documents_.erase(path);
    return Json{};
}

// ---- diagnostics -------------------------------------------------------------------------------

Analysis& Server::analysis(const std::string& path) {
    auto& one = analyses_[path];
    if (!one) one = std::make_unique<Analysis>(std::vector{path}, documents_);
    return *one;
}

void Server::idle() {
    if (changed_ && stage_ == Stage::running) publish();
    changed_ = false;
}

/// What is found in a file counts from whichever open document it was met, once.
void Server::publish() {
    std::map<std::string, Json> fresh;
    for (const auto& [path, document] : documents_) {
        fresh.try_emplace(path, Json::array());
        for (auto& [place, list] : diagnostics_by_path(analysis(path), documents_, encoding_)) {
            auto& all = fresh.try_emplace(place, Json::array()).first->second;
            for (auto& one : list) {
                if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
            }
        }
    }
    for (const auto& [path, old] : published_) {
        if (!old.at("diagnostics").empty()) fresh.try_emplace(path, Json::array());
    }
    std::map<std::string, Json> shown;
    for (auto& [path, list] : fresh) {
        Json params{{"uri", uri_of(path, documents_)}, {"diagnostics", std::move(list)}};
        const auto open = documents_.find(path);
        if (open != documents_.end() && open->second.version) {
            params["version"] = *open->second.version;
        }
        const auto before = published_.find(path);
        if (before == published_.end() || before->second != params) {
            send_({{"jsonrpc", "2.0"},
                   {"method", "textDocument/publishDiagnostics"},
                   {"params", params}});
        }
        shown.emplace(path, std::move(params));
    }
    published_ = std::move(shown);
}

// ---- questions ---------------------------------------------------------------------------------

std::variant<Question, Server::Failure> Server::question(const Json& params) {
    const auto* open = document(params);
    if (open == nullptr) return Failure{invalid_params, "the document is not open"};
    const auto path = path_of_uri(open->uri);
    auto& found = analysis(path);
    const auto* file = found.file(path);
    if (file == nullptr) return Failure{request_failed, "the document cannot be read"};
    return Question{found, *file, documents_, encoding_};
}

std::variant<Question, Server::Failure> Server::question_at(const Json& params) {
    const auto place = read_place(find(params, {"position"}));
    if (!place) return Failure{invalid_params, "there is no position"};
    auto asked = question(params);
    if (auto* good = std::get_if<Question>(&asked)) {
        good->offset = good->end = Lines{good->text(), encoding_}.offset(*place);
    }
    return asked;
}

template <typename F>
Server::Answer Server::ask(std::variant<Question, Failure> asked, F answer_it) {
    if (auto* failure = std::get_if<Failure>(&asked)) return std::move(*failure);
    return answer_it(std::get<Question>(asked));
}

Server::Answer Server::answer(Result<Json> result) {
    if (!result) return Failure{request_failed, result.error().message()};
    return std::move(*result);
}

Server::Answer Server::hover_at(const Json& params) {
    return ask(question_at(params), [](const Question& one) { return Answer{hover(one)}; });
}

Server::Answer Server::definition_at(const Json& params) {
    return ask(question_at(params), [](const Question& one) { return Answer{definition(one)}; });
}

Server::Answer Server::complete_at(const Json& params) {
    return ask(question_at(params), [](const Question& one) { return Answer{completion(one)}; });
}

Server::Answer Server::lenses_of(const Json& params) {
    return ask(question(params), [](const Question& one) { return Answer{code_lenses(one)}; });
}

Server::Answer Server::actions_at(const Json& params) {
    const auto range = read_range(find(params, {"range"}));
    if (!range) return Failure{invalid_params, "there is no range"};
    return ask(question(params), [&](Question one) {
        const Lines lines{one.text(), encoding_};
        one.offset = lines.offset(range->start);
        one.end = lines.offset(range->end);
        return Answer{code_actions(one, array_at(params, {"context", "only"}))};
    });
}

Server::Answer Server::format(const Json& params) {
    const auto* open = document(params);
    if (open == nullptr) return Failure{invalid_params, "the document is not open"};
    return formatting(open->text, encoding_);
}

Server::Answer Server::prepare_rename_at(const Json& params) {
    return ask(question_at(params),
               [](const Question& one) { return answer(prepare_rename(one)); });
}

Server::Answer Server::rename_at(const Json& params) {
    const auto name = text_at(params, {"newName"});
    if (!name) return Failure{invalid_params, "there is no new name"};
    return ask(question_at(params),
               [&](const Question& one) { return answer(rename(one, *name)); });
}

} // namespace synpol::lsp

// SPDX-License-Identifier: Apache-2.0
// `synpol lsp` as an editor talks to it: the real binary, its standard input and output.
#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/lsp/framing.h"
#include "temp_folder.h"

namespace synpol::test {
namespace {

using Json = nlohmann::json;

struct Pipe {
    int read = -1;
    int write = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
        read = ends[0];
        write = ends[1];
    }
};

/// One server and the messages that it has sent without being asked.
class Editor {
  public:
    Editor() : reader_{from_.read} {
        std::signal(SIGPIPE, SIG_IGN);
        pid_ = ::fork();
        if (pid_ != 0) {
            ::close(to_.read);
            ::close(from_.write);
            return;
        }
        ::dup2(to_.read, 0);
        ::dup2(from_.write, 1);
        ::execl(SYNPOL_BINARY, SYNPOL_BINARY, "lsp", "--stdio", static_cast<char*>(nullptr));
        std::_Exit(126);
    }
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;
    ~Editor() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) end();
    }

    /// Starts a session with these capabilities of the editor.
    Json start(const Json& capabilities = Json::object()) {
        auto result = ask("initialize", {{"capabilities", capabilities}});
        tell("initialized", Json::object());
        return result;
    }
    void raw(const std::string& bytes) {
        if (::write(to_.write, bytes.data(), bytes.size()) < 0) std::abort();
    }
    void body(const std::string& text) { (void)lsp::write_frame(to_.write, text); }
    void tell(const std::string& method, const Json& params) {
        body(Json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}.dump());
    }
    /// The whole answer.
    Json request(const std::string& method, const Json& params) {
        const int id = ++last_id_;
        body(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
        for (;;) {
            auto message = next();
            if (message.contains("id") && message["id"] == id) return message;
            REQUIRE(message.contains("method"));
        }
    }
    Json ask(const std::string& method, const Json& params) {
        auto answer = request(method, params);
        INFO(answer.dump());
        REQUIRE(answer.contains("result"));
        return answer["result"];
    }
    int error(const std::string& method, const Json& params) {
        auto answer = request(method, params);
        INFO(answer.dump());
        REQUIRE(answer.contains("error"));
        CHECK_FALSE(answer["error"]["message"].get<std::string>().empty());
        return answer["error"]["code"];
    }
    /// The next message, or null at the end.
    Json next() {
        REQUIRE(reader_.has_input(60'000)); // a minute is for a machine under load
        auto frame = reader_.next();
        REQUIRE(frame);
        return *frame ? Json::parse((*frame)->body) : Json{};
    }
    /// The next report about a document.
    Json diagnostics(const std::string& uri) {
        for (;;) {
            auto message = next();
            REQUIRE(message.contains("method"));
            if (message["method"] != "textDocument/publishDiagnostics") continue;
            if (message["params"]["uri"] == uri) return message["params"]["diagnostics"];
        }
    }
    int end() {
        ::close(to_.write);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        ::close(from_.read);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    Pipe to_;
    Pipe from_;
    lsp::FrameReader reader_;
    int pid_ = -1;
    int last_id_ = 0;
};

Json place(const std::string& text, const std::string& needle, std::size_t into = 0) {
    const auto at = text.find(needle);
    REQUIRE(at != std::string::npos);
    const auto before = text.substr(0, at + into);
    const auto line = std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n');
    return {{"line", line},
            {"character", start == std::string::npos ? before.size() : before.size() - start - 1}};
}

/// An open document.
struct Open {
    Editor& editor;
    std::string uri;
    std::string text;

    Open(Editor& with, std::string name, std::string contents)
        : editor{with}, uri{std::move(name)}, text{std::move(contents)} {
        editor.tell("textDocument/didOpen",
                    {{"textDocument",
                      {{"uri", uri}, {"languageId", "syn"}, {"version", 1}, {"text", text}}}});
    }
    Json whole() const { return {{"textDocument", {{"uri", uri}}}}; }
    Json at(const std::string& needle, std::size_t into = 0) const {
        auto params = whole();
        params["position"] = place(text, needle, into);
        return params;
    }
    std::string hover(const std::string& needle, std::size_t into = 0) const {
        const auto found = editor.ask("textDocument/hover", at(needle, into));
        return found.is_null() ? "" : found["contents"]["value"].get<std::string>();
    }
    std::vector<std::string> completions(const std::string& needle, std::size_t into = 0) const {
        std::vector<std::string> labels;
        const auto found = editor.ask("textDocument/completion", at(needle, into));
        for (const auto& one : found["items"]) {
            labels.push_back(one["label"]);
        }
        return labels;
    }
    Json renamed(const std::string& needle, const std::string& name) const {
        auto params = at(needle);
        params["newName"] = name;
        return params;
    }
    void change(const Json& changes, int version = 2) const {
        editor.tell(
            "textDocument/didChange",
            {{"textDocument", {{"uri", uri}, {"version", version}}}, {"contentChanges", changes}});
    }
};

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

bool holds(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

const std::string base = "syn 1\npolicy base\n\nopen addrs home = { 10.0.0.0/8, 192.0.2.1 }\n"
                         "subject web = unit nginx\n\nshared: deny connect udp for web\n";
const std::string site = "syn 1\npolicy site\n\nuse \"base.syn\" as base\n\n"
                         "ports web-ports = { 80, 443 }\n\n"
                         "front: block inbound tcp from base.home to port web-ports\n"
                         "    because \"maintenance\"\n"
                         "calls: deny syscall @module with EPERM for base.web\n\n"
                         "test \"front is closed\" {\n"
                         "    expect block inbound tcp from base.home to port 80 by front\n"
                         "    expect pass inbound udp\n}\n\n"
                         "test \"no modules\" {\n    as base.web\n"
                         "    expect deny syscall @module by calls\n}\n";

/// base.syn and site.syn on disk, and site.syn open.
struct Site {
    TempFolder folder;
    Editor editor;
    std::string base_uri = "file://" + (folder / "base.syn");
    std::optional<Open> open;

    explicit Site(const std::string& text = site) {
        std::ofstream{folder / "base.syn"} << base;
        std::ofstream{folder / "site.syn"} << text;
        editor.start();
        open.emplace(editor, "file://" + (folder / "site.syn"), text);
    }
};

} // namespace

TEST_CASE("a session starts, shuts down and ends", "[unit][agent]") {
    Editor editor;
    CHECK(editor.error("textDocument/hover", Json::object()) == -32002);
    const auto started = editor.start();
    CHECK(started["capabilities"]["positionEncoding"] == "utf-16");
    CHECK(started["serverInfo"]["name"] == "synpol");
    CHECK(editor.error("initialize", Json::object()) == -32600);
    CHECK(editor.ask("shutdown", nullptr).is_null());
    CHECK(editor.error("textDocument/hover", Json::object()) == -32600);
    editor.tell("exit", nullptr);
    CHECK(editor.end() == 0);

    Editor hasty;
    hasty.start();
    hasty.tell("exit", nullptr);
    CHECK(hasty.end() == 1);
}

TEST_CASE("wrong messages are refused and the session goes on", "[unit][agent]") {
    Editor editor;
    editor.start();
    for (const char* body : {"", "{", "[]", "7", "\"x\"", R"({"id":{},"method":"shutdown"})",
                             R"({"id":1})", "\xff\xfe"}) {
        editor.body(body);
        CHECK(editor.next()["error"]["code"].get<int>() < 0);
    }
    CHECK(editor.error("no/such", Json::object()) == -32601);
    for (const auto& params :
         {Json(nullptr), Json(7), Json::array(), Json{{"textDocument", 1}},
          Json{{"textDocument", {{"uri", "file:///not/open.syn"}}}, {"position", {{"line", 0}}}},
          Json{{"textDocument", {{"uri", "file:///not/open.syn"}}},
               {"position", {{"line", 0}, {"character", 0}}}}}) {
        for (const char* method : {"hover", "definition", "completion", "codeLens", "codeAction",
                                   "formatting", "prepareRename", "rename"}) {
            CHECK(editor.error(std::string{"textDocument/"} + method, params) == -32602);
        }
        for (const char* method : {"didOpen", "didChange", "didClose"}) {
            editor.tell(std::string{"textDocument/"} + method, params);
        }
    }
    editor.body(R"({"method":"no/such/notification"})");
    editor.body(std::string(100'000, '['));
    CHECK(editor.next()["error"]["code"] == -32700);
    Open strange{editor, "untitled:one", "\x01 syn \"\n\n{{{ \xe2\x82\xac"};
    strange.editor.ask("textDocument/hover",
                       {{"textDocument", {{"uri", strange.uri}}},
                        {"position", {{"line", 4294967295u}, {"character", 4294967295u}}}});
    CHECK(editor.error("textDocument/hover", {{"textDocument", {{"uri", strange.uri}}},
                                              {"position", {{"line", -1}, {"character", 1.5}}}}) ==
          -32602);
    CHECK(editor.ask("textDocument/formatting", strange.whole()).is_null());
    CHECK(editor.ask("shutdown", nullptr).is_null());
}

TEST_CASE("a message that is too large is read past", "[unit][agent]") {
    Editor editor;
    editor.start();
    const std::size_t size = lsp::message_bytes_max + 1;
    editor.raw("Content-Length: " + std::to_string(size) + "\r\n\r\n");
    const std::string part(1 << 16, ' ');
    for (std::size_t sent = 0; sent < size; sent += part.size()) {
        editor.raw(part.substr(0, std::min(part.size(), size - sent)));
    }
    CHECK(editor.next()["error"]["code"] == -32600);
    CHECK(editor.ask("shutdown", nullptr).is_null());
}

TEST_CASE("what is no protocol ends the session", "[unit][agent]") {
    for (const char* bytes : {"Content-Length: x\r\n\r\n{}", "Length: 2\r\n\r\n{}",
                              "Content-Length: 20\r\n\r\n{}", "hello"}) {
        Editor editor;
        editor.raw(bytes);
        CHECK(editor.end() == 2);
    }
    Editor editor;
    editor.raw(std::string(10'000, 'x'));
    CHECK(editor.end() == 2);
}

TEST_CASE("diagnostics follow the text in whole and in parts", "[unit][agent]") {
    Site one;
    CHECK(one.editor.diagnostics(one.open->uri).empty());
    // The last range counts in the text that the first change has made.
    one.open->change(Json::array(
        {{{"range", {{"start", place(site, "web-ports\n")}, {"end", place(site, "\n    because")}}},
          {"text", "web-port"}}}));
    const auto broken = one.editor.diagnostics(one.open->uri);
    REQUIRE_FALSE(broken.empty());
    CHECK(broken[0]["severity"] == 1);
    CHECK(broken[0]["range"]["start"] == place(site, "web-ports\n"));
    CHECK(holds(broken[0]["message"], "web-port"));

    auto asked = one.open->whole();
    asked["range"] = broken[0]["range"];
    asked["context"] = {{"diagnostics", broken}, {"only", Json::array({"quickfix"})}};
    const auto actions = one.editor.ask("textDocument/codeAction", asked);
    REQUIRE(actions.size() == 1);
    const auto edit = actions[0]["edit"]["changes"][one.open->uri][0];
    CHECK(edit["newText"] == "web-ports");
    CHECK(edit["range"] == broken[0]["range"]);
    asked["context"]["only"] = Json::array({"source.fixAll"});
    const auto all = one.editor.ask("textDocument/codeAction", asked);
    REQUIRE(all.size() == 1);
    CHECK(all[0]["kind"] == "source.fixAll.synpol");

    one.open->change(Json::array({{{"text", site}}}), 3);
    CHECK(one.editor.diagnostics(one.open->uri).empty());
    one.open->change(Json::array({{{"text", "syn 1\npolicy\n"}}}), 4);
    CHECK_FALSE(one.editor.diagnostics(one.open->uri).empty());
    one.editor.tell("textDocument/didClose", one.open->whole());
    CHECK(one.editor.diagnostics(one.open->uri).empty());
}

TEST_CASE("a change that makes no sense is told", "[unit][agent]") {
    Site one;
    CHECK(one.editor.diagnostics(one.open->uri).empty());
    const Json end{{"line", 0}, {"character", 0}};
    one.open->change(Json::array(
        {{{"range", {{"start", place(site, "front:")}, {"end", end}}}, {"text", "x"}}}));
    const auto told = one.editor.next();
    INFO(told.dump());
    CHECK(told["method"] == "window/showMessage");
    one.open->change(Json::array({{{"text", "syn 1\npolicy\n"}}}), 3);
    CHECK_FALSE(one.editor.diagnostics(one.open->uri).empty());
}

TEST_CASE("an open file counts instead of the one on disk", "[unit][agent]") {
    Site one;
    CHECK(one.editor.diagnostics(one.open->uri).empty());
    Open other{one.editor, one.base_uri, "syn 1\npolicy base\naddrs hom = 10.0.0.1\n"};
    const auto found = one.editor.diagnostics(one.open->uri);
    REQUIRE_FALSE(found.empty());
    CHECK(holds(found[0]["message"], "base.home"));
    one.editor.tell("textDocument/didClose", other.whole());
    CHECK(one.editor.diagnostics(one.open->uri).empty());
}

TEST_CASE("why something is wrong is shown where it stands", "[unit][agent]") {
    const std::string twice = "syn 1\npolicy p\nports a = 1\nports a = 2\n";
    Editor editor;
    editor.start();
    const Open open{editor, "untitled:twice", twice};
    const auto found = editor.diagnostics(open.uri);
    REQUIRE(found.size() == 1);
    const auto& related = found[0]["relatedInformation"][0];
    CHECK(related["location"]["uri"] == open.uri);
    CHECK(related["location"]["range"]["start"] == place(twice, "a = 1"));
}

TEST_CASE("characters are counted as the editor counts them", "[unit][agent]") {
    const std::string text = "syn 1\npolicy p \"\xf0\x9f\x98\x80\" mode odd\n";
    const auto column = [&](const Json& capabilities) {
        Editor editor;
        editor.start(capabilities);
        const Open open{editor, "untitled:smile", text};
        return editor.diagnostics(open.uri)[0]["range"]["start"]["character"].get<int>();
    };
    const auto utf8 =
        column({{"general", {{"positionEncodings", Json::array({"utf-16", "utf-8"})}}}});
    CHECK(utf8 == static_cast<int>(place(text, "odd")["character"].get<int>()));
    CHECK(column(Json::object()) == utf8 - 2); // four bytes are two units
}

TEST_CASE("hover says what a name holds and how a rule is enforced", "[unit][agent]") {
    Site one;
    CHECK(holds(one.open->hover("web-ports ="), "2 ports: {80, 443}"));
    CHECK(holds(one.open->hover("base.home", 5), "16777217 addresses: {10.0.0.0/8, 192.0.2.1}"));
    CHECK(holds(one.open->hover("base.home", 5), "defined in base.syn:4"));
    CHECK(holds(one.open->hover("base.home"), "policy `base`"));
    CHECK(holds(one.open->hover("base.web", 5), "subject web = unit nginx"));
    CHECK(holds(one.open->hover("front:"), "refuse by xdp"));
    CHECK(holds(one.open->hover("front:"), "block inbound tcp from base.home"));
    CHECK(holds(one.open->hover("by front", 3), "`site.front`"));
    CHECK(holds(one.open->hover("@module"), "init_module"));
    CHECK(holds(one.open->hover("because"), "the reason"));
    CHECK(one.open->hover("maintenance").empty());
    CHECK(one.open->hover("80").empty());
}

TEST_CASE("a definition is found in this file and in others", "[unit][agent]") {
    Site one;
    const auto definition = [&](const std::string& needle, std::size_t into) {
        return one.editor.ask("textDocument/definition", one.open->at(needle, into));
    };
    CHECK(definition("port web-ports", 6)["range"]["start"] == place(site, "web-ports ="));
    const auto home = definition("base.home", 6);
    CHECK(home["uri"] == one.base_uri);
    CHECK(home["range"]["start"] == place(base, "home"));
    CHECK(definition("base.web", 6)["range"]["start"] == place(base, "web ="));
    CHECK(definition("base.home", 1)["range"]["start"] == place(site, "base\n", 0));
    CHECK(definition("by front", 4)["range"]["start"] == place(site, "front:"));
    CHECK(definition("\"base.syn\"", 3)["uri"] == one.base_uri);
    CHECK(definition("EPERM", 0).is_null());
}

TEST_CASE("a rename reaches every file that uses the name", "[unit][agent]") {
    Site one;
    const auto rename = [&](const std::string& needle, const std::string& name) {
        return one.editor.ask("textDocument/rename", one.open->renamed(needle, name))["changes"];
    };
    const auto ready = one.editor.ask("textDocument/prepareRename", one.open->at("base.home", 6));
    CHECK(ready["placeholder"] == "home");
    const auto home = rename("home to port web-ports", "inside");
    CHECK(home.size() == 2);
    REQUIRE(home[one.base_uri].size() == 1);
    CHECK(home[one.base_uri][0]["range"]["start"] == place(base, "home"));
    CHECK(home[one.open->uri].size() == 2);
    CHECK(rename("front:", "door")[one.open->uri].size() == 2);
    CHECK(rename("base\n\n", "b")[one.open->uri].size() == 5);
}

TEST_CASE("a rename that would change or break something is refused", "[unit][agent]") {
    Site one;
    const auto refused = [&](const std::string& needle, const std::string& name) {
        const auto params = one.open->renamed(needle, name);
        return one.editor.error("textDocument/rename", params) == -32803;
    };
    CHECK(refused("web-ports =", "deny"));
    CHECK(refused("web-ports =", "1st"));
    CHECK(refused("web-ports =", ""));
    CHECK(refused("web-ports =", "base"));  // an import has it
    CHECK(refused("home to port", "web"));  // a subject of the other file has it
    CHECK(refused("front:", "calls"));      // a rule has it
    CHECK(refused("because", "therefore")); // nothing with a name
    std::ofstream{one.folder / "broken.syn"} << "syn 1\npolicy broken\nports web-ports = = 1\n";
    CHECK(refused("web-ports =", "doors"));
}

TEST_CASE("a rename never captures a word that meant something else", "[unit][agent]") {
    const std::string text = "syn 1\npolicy p\nusers staff = 1000\n"
                             "a: deny fork for user staff\nb: deny fork for user root\n";
    Editor editor;
    editor.start();
    const Open open{editor, "untitled:capture", text};
    CHECK(editor.error("textDocument/rename", open.renamed("staff =", "root")) == -32803);
    CHECK(editor.ask("textDocument/rename", open.renamed("staff =", "crew"))["changes"].size() ==
          1);
}

TEST_CASE("completion offers what can stand at a place", "[unit][agent]") {
    Site one;
    const auto sets = one.open->completions("base.home", 3);
    CHECK(has(sets, "base.home"));
    CHECK(has(sets, "any"));
    CHECK_FALSE(has(sets, "web-ports"));
    const auto ports = one.open->completions("web-ports\n");
    CHECK(has(ports, "web-ports"));
    CHECK_FALSE(has(ports, "base.home"));
    const auto groups = one.open->completions("@module", 1);
    CHECK(has(groups, "@module"));
    CHECK_FALSE(has(groups, "@namespaces")); // constants
    CHECK(has(one.open->completions("@module"), "bpf"));
    CHECK(has(one.open->completions("EPERM", 2), "ENOSYS"));
    CHECK(one.open->completions("by front", 3) ==
          std::vector<std::string>{"calls", "front", "base.shared"});
    CHECK(has(one.open->completions("base.web"), "base.web"));
    CHECK(has(one.open->completions("base.web"), "unit"));
    CHECK(has(one.open->completions("syscall @"), "load-bpf"));
    CHECK(has(one.open->completions("because"), "until"));
    CHECK(has(one.open->completions("front:"), "never"));
    CHECK(has(one.open->completions("pass inbound"), "kill"));
    CHECK(one.open->completions("maintenance").empty());
    CHECK(one.open->completions("base.syn").empty());
}

TEST_CASE("lenses show how each rule is enforced and what tests expect", "[unit][agent]") {
    Site one;
    const auto lenses = one.editor.ask("textDocument/codeLens", one.open->whole());
    REQUIRE(lenses.size() == 4);
    CHECK(lenses[0]["command"]["title"] == "refuse by xdp");
    CHECK(lenses[0]["range"]["start"] == place(site, "front:"));
    CHECK(lenses[1]["command"]["title"] == "refuse by lsm");
    CHECK(lenses[2]["command"]["title"] == "expects 2");
    CHECK(lenses[3]["command"]["title"] == "expects 1");
}

TEST_CASE("a lens does not hide lines of a confine that nothing enforces", "[unit][agent]") {
    Editor editor;
    editor.start();
    const Open open{editor, "untitled:box", "syn 1\npolicy p\nbox: confine user 7 { fork }\n"};
    const auto hover = open.hover("box:");
    const auto lens = editor.ask("textDocument/codeLens", open.whole());
    REQUIRE(lens.size() == 1);
    const auto title = lens[0]["command"]["title"].get<std::string>();
    CHECK(holds(hover, "not enforced") == holds(title, "not enforced"));
    CHECK(holds(title, "refuse by"));
}

TEST_CASE("formatting changes only lines that are laid out otherwise", "[unit][agent]") {
    const std::string ugly = "syn 1\npolicy p\n\na:deny fork\n\nb: deny mount\n";
    Editor editor;
    editor.start();
    const Open open{editor, "untitled:ugly", ugly};
    const auto edits = editor.ask("textDocument/formatting", open.whole());
    REQUIRE(edits.size() == 1);
    CHECK(edits[0]["newText"] == "a: deny fork\n");
    CHECK(edits[0]["range"]["start"] == place(ugly, "a:"));
    CHECK(edits[0]["range"]["end"]["line"] == 4);
    const Open fine{editor, "untitled:fine", "syn 1\npolicy p\n\na: deny fork\n"};
    CHECK(editor.ask("textDocument/formatting", fine.whole()).empty());
}

} // namespace synpol::test

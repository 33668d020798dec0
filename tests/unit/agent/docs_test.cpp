// SPDX-License-Identifier: Apache-2.0
// docs/audit.md gives queries to users: every one of them runs on a database as the agent makes it.
#include <catch2/catch.hpp>

#include "agent/files.h"
#include "agent/store.h"
#include "temp_folder.h"

using namespace synpol;
using synpol::test::TempFolder;

namespace {

std::vector<std::string> blocks(const std::string& text, const std::string& fence) {
    std::vector<std::string> found;
    for (auto begin = text.find(fence); begin != std::string::npos;
         begin = text.find(fence, begin)) {
        begin += fence.size();
        const auto end = text.find("```", begin);
        found.push_back(text.substr(begin, end - begin));
        begin = end + 3;
    }
    return found;
}

} // namespace

TEST_CASE("every query in docs/audit.md runs", "[unit][agent][docs]") {
    const TempFolder folder;
    REQUIRE(Store::open(folder.path()));
    auto database =
        Database::open(Store::path_in(folder.path()), Database::Mode::read_write_create);
    REQUIRE(database);
    const auto text = read_file("docs/audit.md");
    REQUIRE(text);
    const auto queries = blocks(*text, "```sql\n");
    CHECK(queries.size() >= 8);
    for (const auto& query : queries) {
        INFO(query);
        auto ran = database->execute(query);
        CHECK(ran);
        if (!ran) WARN(ran.error().message());
    }
}

TEST_CASE("every table and every column of an event is in docs/audit.md", "[unit][agent][docs]") {
    const TempFolder folder;
    REQUIRE(Store::open(folder.path()));
    auto database = Database::open(Store::path_in(folder.path()), Database::Mode::read_only);
    const auto text = read_file("docs/audit.md");
    REQUIRE(text);
    auto names = database->prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
                                   " AND name NOT LIKE 'sqlite_%' UNION SELECT name FROM"
                                   " pragma_table_info('event')");
    REQUIRE(names);
    while (*names->step()) {
        INFO(names->text(0));
        CHECK(text->find(names->text(0)) != std::string::npos);
    }
}

// The files of a new project, as `esb new` writes them. Their texts are in project/.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace esb::cli {

struct ProjectFile {
    std::string_view path;  // below the project's folder
    std::string_view text;  // `@name@` stands for the project's name
};
std::span<const ProjectFile> project_files();

// The text with the name in its places.
std::string fill_in(std::string_view text, std::string_view name);

// Empty, or why a project cannot be called so.
std::string check_project_name(std::string_view name);

}  // namespace esb::cli

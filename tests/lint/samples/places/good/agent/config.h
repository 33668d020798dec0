std::string state_dir = "/var/lib/synpol";
// the home/office network is no folder

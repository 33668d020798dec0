std::string state_dir = "/home/somebody/synpol";

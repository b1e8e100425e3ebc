# placeholder until host/vchip exists

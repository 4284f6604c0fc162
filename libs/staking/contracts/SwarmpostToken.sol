// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title The stake token of development and private networks
/// @notice A plain ERC-20 of 18 decimals that its owner may mint. A public network stakes a token of its own instead:
/// ServiceNodeRegistry takes any ERC-20 that moves exactly what it is told to.
contract SwarmpostToken is ERC20, Ownable {
    constructor(address owner) ERC20("Swarmpost development token", "SWARM") Ownable(owner) {}

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}

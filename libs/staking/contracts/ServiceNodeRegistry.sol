// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

/// @title Who is a service node, by stake
/// @notice A registration locks exactly the staking requirement for one Ed25519 node key and gives it all back when its
/// operator has asked to unlock and the delay has passed. Nothing else moves tokens, and nobody has power over it.
/// @dev The EVM cannot check Ed25519: the node key's signature over the registration is only carried in the event, and
/// readers of the chain ignore a registration whose signature does not hold (docs/protocol/registration.md). So a key is
/// unique per operator only: nobody can keep a key from its owner by registering it first.
contract ServiceNodeRegistry is ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @notice The numbers of a network, fixed for good when it is deployed.
    /// @param token The ERC-20 that is staked.
    /// @param stakingRequirement Stake of a node, in atomic units of the token.
    /// @param unlockDelayBlocks Blocks between the request to unlock and the earliest exit.
    /// @param finalityBlocks Blocks that must follow a block before readers act on it. Kept here, not in any reader's
    /// configuration, because every cluster must draw the same swarm map from the same blocks.
    struct Parameters {
        IERC20 token;
        uint256 stakingRequirement;
        uint64 unlockDelayBlocks;
        uint64 finalityBlocks;
    }

    /// @notice One registration that holds stake.
    /// @param unlockRequestedAt Block in which the operator asked to unlock; 0 while it has not.
    struct Node {
        uint64 id;
        bytes32 nodeKey;
        address operator;
        uint64 registeredAt;
        uint64 unlockRequestedAt;
        uint256 stake;
    }

    IERC20 public immutable token;
    uint256 public immutable stakingRequirement;
    uint64 public immutable unlockDelayBlocks;
    uint64 public immutable finalityBlocks;

    /// @notice Block of the deployment: no event is older.
    uint256 public immutable deployedAt;

    /// @notice Sum of all stakes held. The token balance is never less.
    uint256 public totalStaked;

    /// @notice Id of the latest registration; ids start at 1 and are never used again.
    uint64 public lastId;

    /// @notice Number of events emitted so far: a reader compares it with the events it was given, to notice an endpoint
    /// that leaves some out.
    uint64 public eventCount;

    mapping(uint64 id => Node) private _nodes;
    mapping(address operator => mapping(bytes32 nodeKey => uint64 id)) public activeId;
    uint64[] private _activeIds;
    mapping(uint64 id => uint256 position) private _positions;

    event NodeRegistered(
        uint64 indexed id,
        bytes32 indexed nodeKey,
        address indexed operator,
        uint256 stake,
        bytes signature
    );
    event UnlockRequested(uint64 indexed id, bytes32 indexed nodeKey, address indexed operator, uint64 unlocksAt);
    event NodeExited(uint64 indexed id, bytes32 indexed nodeKey, address indexed operator, uint256 stake);

    error InvalidParameters();
    error InvalidNodeKey();
    error InvalidSignatureLength(uint256 length);
    error AlreadyRegistered(uint64 id);
    error StakeNotReceived(uint256 received);
    error UnknownNode(uint64 id);
    error NotOperator(uint64 id);
    error UnlockAlreadyRequested(uint64 id);
    error UnlockNotRequested(uint64 id);
    error StillLocked(uint64 id, uint64 unlocksAt);

    constructor(Parameters memory parameters) {
        if (address(parameters.token).code.length == 0 || parameters.stakingRequirement == 0) revert InvalidParameters();
        token = parameters.token;
        stakingRequirement = parameters.stakingRequirement;
        unlockDelayBlocks = parameters.unlockDelayBlocks;
        finalityBlocks = parameters.finalityBlocks;
        deployedAt = block.number;
    }

    /// @notice Stakes for a node key. The sender becomes its operator and must have approved the staking requirement.
    /// @param nodeKey Ed25519 public key of the node.
    /// @param signature 64-byte Ed25519 signature of the node key over the registration message.
    function register(bytes32 nodeKey, bytes calldata signature) external nonReentrant returns (uint64 id) {
        if (nodeKey == 0) revert InvalidNodeKey();
        if (signature.length != 64) revert InvalidSignatureLength(signature.length);
        uint64 active = activeId[msg.sender][nodeKey];
        if (active != 0) revert AlreadyRegistered(active);

        id = ++lastId;
        ++eventCount;
        uint256 stake = stakingRequirement;
        totalStaked += stake;
        activeId[msg.sender][nodeKey] = id;
        _positions[id] = _activeIds.length;
        _activeIds.push(id);
        _nodes[id] = Node(id, nodeKey, msg.sender, uint64(block.number), 0, stake);
        emit NodeRegistered(id, nodeKey, msg.sender, stake, signature);

        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), stake);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != stake) revert StakeNotReceived(received);
    }

    /// @notice Starts the unlock delay. The node stays registered until `exit`; the request cannot be taken back.
    function requestUnlock(uint64 id) external {
        Node storage node = _ownNode(id);
        if (node.unlockRequestedAt != 0) revert UnlockAlreadyRequested(id);
        node.unlockRequestedAt = uint64(block.number);
        ++eventCount;
        emit UnlockRequested(id, node.nodeKey, msg.sender, uint64(block.number) + unlockDelayBlocks);
    }

    /// @notice Ends a registration whose unlock delay has passed and gives the whole stake back to its operator.
    function exit(uint64 id) external nonReentrant {
        Node memory node = _ownNode(id);
        if (node.unlockRequestedAt == 0) revert UnlockNotRequested(id);
        uint64 unlocksAt = node.unlockRequestedAt + unlockDelayBlocks;
        if (block.number < unlocksAt) revert StillLocked(id, unlocksAt);

        ++eventCount;
        totalStaked -= node.stake;
        delete _nodes[id];
        delete activeId[msg.sender][node.nodeKey];
        _removeActiveId(id);
        emit NodeExited(id, node.nodeKey, msg.sender, node.stake);

        token.safeTransfer(msg.sender, node.stake);
    }

    /// @notice Number of registrations that hold stake.
    function nodeCount() external view returns (uint256) {
        return _activeIds.length;
    }

    /// @notice One registration that holds stake.
    function nodeById(uint64 id) external view returns (Node memory node) {
        node = _nodes[id];
        if (node.id == 0) revert UnknownNode(id);
    }

    /// @notice One page of the registrations that hold stake, in no given order: read all pages at the same block.
    function nodes(uint256 offset, uint256 limit) external view returns (Node[] memory page) {
        uint256 count = _activeIds.length;
        uint256 from = offset < count ? offset : count;
        uint256 size = limit < count - from ? limit : count - from;
        page = new Node[](size);
        for (uint256 i = 0; i < size; ++i) page[i] = _nodes[_activeIds[from + i]];
    }

    /// @dev The last id takes the place of the removed one.
    function _removeActiveId(uint64 id) private {
        uint256 position = _positions[id];
        uint64 last = _activeIds[_activeIds.length - 1];
        _activeIds[position] = last;
        _positions[last] = position;
        _activeIds.pop();
        delete _positions[id];
    }

    function _ownNode(uint64 id) private view returns (Node storage node) {
        node = _nodes[id];
        if (node.id == 0) revert UnknownNode(id);
        if (node.operator != msg.sender) revert NotOperator(id);
    }
}

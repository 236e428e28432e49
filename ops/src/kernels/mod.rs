//! The operations that this project exists for, one folder a family: the operation with its gradient, its
//! code on the CPU (`cpu`) and on a GPU (`gpu`, CubeCL), and the same in plain tensor operations, which tests
//! compare with.

pub mod augment;
pub mod noise;
pub mod reweight;
pub mod sparsity;
pub mod sphere;
